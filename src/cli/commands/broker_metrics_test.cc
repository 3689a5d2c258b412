// What Prometheus is shown of the broker.
#include "cli/commands/broker_metrics.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace antiphon::cli {
namespace {

using kafka::broker::BrokerMetrics;

std::string shown(const BrokerMetrics& metrics) {
  prometheus::Registry registry;
  BrokerGauges gauges(registry);
  gauges.set(metrics.snapshot());
  gauges.set(metrics.snapshot());  // once a second, into the same registry
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

TEST(BrokerGauges, ShowTransactionsByTheirOutcomeAndHowLongTheOldestIsOpen) {
  BrokerMetrics metrics;
  BrokerMetrics::set(metrics.transactions_open, 2);
  BrokerMetrics::set(metrics.transactions_oldest_age_s, 61);
  BrokerMetrics::set(metrics.transactions_committed, 3);
  BrokerMetrics::set(metrics.transactions_aborted, 4);
  BrokerMetrics::set(metrics.transactions_timed_out, 5);
  BrokerMetrics::set(metrics.producers_fenced_by_epoch, 6);
  BrokerMetrics::set(metrics.producers_fenced_by_generation, 7);
  const std::string text = shown(metrics);
  for (const char* line : {"kafka_broker_transactions_open 2\n", "kafka_broker_transactions_oldest_age_seconds 61\n",
                           "kafka_broker_transactions_ended_total{outcome=\"committed\"} 3\n",
                           "kafka_broker_transactions_ended_total{outcome=\"aborted\"} 4\n",
                           "kafka_broker_transactions_ended_total{outcome=\"timed_out\"} 5\n",
                           "kafka_broker_producers_fenced_total{by=\"epoch\"} 6\n",
                           "kafka_broker_producers_fenced_total{by=\"generation\"} 7\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
}

TEST(BrokerGauges, ShowRequestsByTheirApi) {
  BrokerMetrics metrics;
  metrics.count_request(1);
  metrics.count_request(1);
  EXPECT_NE(shown(metrics).find("kafka_broker_requests_total{api_key=\"1\"} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::cli
