#include "cli/commands/broker_metrics.h"

#include <condition_variable>
#include <mutex>

namespace antiphon::cli {
namespace {

using kafka::broker::BrokerMetricsSnapshot;

constexpr std::chrono::seconds kEvery{1};

struct Exported {
  const char* name;
  const char* help;
  std::uint64_t BrokerMetricsSnapshot::*value;
  const char* label = nullptr;  // null: none
  const char* label_value = nullptr;
};

constexpr Exported kExported[] = {
    {"kafka_broker_connections", "Open connections.", &BrokerMetricsSnapshot::connections},
    {"kafka_broker_connections_accepted_total", "Connections since the start.",
     &BrokerMetricsSnapshot::connections_accepted},
    {"kafka_broker_connections_refused_total", "Connections above a limit.",
     &BrokerMetricsSnapshot::connections_refused},
    {"kafka_broker_connections_crowded_out_total", "Connections that made room before their client was known.",
     &BrokerMetricsSnapshot::connections_crowded_out},
    {"kafka_broker_handshakes_failed_total", "TLS handshakes that failed.", &BrokerMetricsSnapshot::handshakes_failed},
    {"kafka_broker_authentications_total", "Clients that proved who they are.",
     &BrokerMetricsSnapshot::authentications},
    {"kafka_broker_authentications_failed_total", "Clients that could not.",
     &BrokerMetricsSnapshot::authentications_failed},
    {"kafka_broker_requests_refused_total", "Malformed, too large or unknown.",
     &BrokerMetricsSnapshot::requests_refused},
    {"kafka_broker_requests_waiting", "Delayed requests.", &BrokerMetricsSnapshot::requests_waiting},
    {"kafka_broker_bytes_in_total", "Bytes received.", &BrokerMetricsSnapshot::bytes_in},
    {"kafka_broker_bytes_out_total", "Bytes sent.", &BrokerMetricsSnapshot::bytes_out},
    {"kafka_broker_journal_syncs_total", "Groups made durable.", &BrokerMetricsSnapshot::journal_syncs},
    {"kafka_broker_journal_sync_nanoseconds_total", "Time spent in them.", &BrokerMetricsSnapshot::journal_sync_ns},
    {"kafka_broker_topics", "Topics.", &BrokerMetricsSnapshot::topics},
    {"kafka_broker_partitions", "Partitions.", &BrokerMetricsSnapshot::partitions},
    {"kafka_broker_groups", "Consumer groups.", &BrokerMetricsSnapshot::groups},
    {"kafka_broker_transactions_open", "Transactions that are not over.", &BrokerMetricsSnapshot::transactions_open},
    {"kafka_broker_transactions_oldest_age_seconds",
     "How long the oldest of them has held the last stable offset of its partitions.",
     &BrokerMetricsSnapshot::transactions_oldest_age_s},
    {"kafka_broker_transactions_ended_total", "Transactions that ended, by outcome.",
     &BrokerMetricsSnapshot::transactions_committed, "outcome", "committed"},
    {"kafka_broker_transactions_ended_total", "Transactions that ended, by outcome.",
     &BrokerMetricsSnapshot::transactions_aborted, "outcome", "aborted"},
    {"kafka_broker_transactions_ended_total", "Transactions that ended, by outcome.",
     &BrokerMetricsSnapshot::transactions_timed_out, "outcome", "timed_out"},
    {"kafka_broker_producers_fenced_total", "Requests refused because their producer had been fenced.",
     &BrokerMetricsSnapshot::producers_fenced_by_epoch, "by", "epoch"},
    {"kafka_broker_producers_fenced_total", "Requests refused because their producer had been fenced.",
     &BrokerMetricsSnapshot::producers_fenced_by_generation, "by", "generation"},
    {"kafka_broker_compaction_passes_total", "Passes of the cleaner that ended.",
     &BrokerMetricsSnapshot::compaction_passes},
    {"kafka_broker_compaction_last_pass_milliseconds", "When the last one began, as Unix time.",
     &BrokerMetricsSnapshot::compaction_last_pass_ms},
    {"kafka_broker_compaction_read_bytes_total", "Bytes it has read.", &BrokerMetricsSnapshot::compaction_bytes_read},
    {"kafka_broker_compaction_removed_bytes_total", "Bytes it has removed.",
     &BrokerMetricsSnapshot::compaction_bytes_removed},
    {"kafka_broker_compaction_removed_records_total", "Records it has removed.",
     &BrokerMetricsSnapshot::compaction_records_removed},
    {"kafka_broker_compaction_partitions_left_alone", "Partitions it does not touch, because of damage.",
     &BrokerMetricsSnapshot::compaction_left_alone},
    {"kafka_broker_compaction_dirty_percent_max", "Of the partition with most that was not cleaned yet.",
     &BrokerMetricsSnapshot::compaction_dirty_percent_max},
};

prometheus::Family<prometheus::Gauge>& family(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

void copy(const std::stop_token& ended, const kafka::broker::BrokerMetrics& metrics, prometheus::Registry& registry) {
  BrokerGauges gauges(registry);
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  do {
    gauges.set(metrics.snapshot());
    wake.wait_for(lock, ended, kEvery, [] { return false; });
  } while (!ended.stop_requested());
}

}  // namespace

BrokerGauges::BrokerGauges(prometheus::Registry& registry)
    : requests_by_api_(family(registry, "kafka_broker_requests_total", "Requests answered or refused, by API key.")),
      durability_(family(registry, "kafka_broker_durability", "1 for what acks=all means in this process.")) {
  for (const Exported& each : kExported) {
    prometheus::Labels labels;
    if (each.label != nullptr) labels.emplace(each.label, each.label_value);
    plain_.push_back(&family(registry, each.name, each.help).Add(labels));
  }
}

void BrokerGauges::set(const BrokerMetricsSnapshot& now) {
  for (std::size_t i = 0; i < plain_.size(); ++i) plain_[i]->Set(static_cast<double>(now.*kExported[i].value));
  for (const auto& [key, count] : now.requests_by_api) {
    requests_by_api_.Add({{"api_key", std::to_string(key)}}).Set(static_cast<double>(count));
  }
  durability_.Add({{"acks_all", now.durability}}).Set(1);
}

BrokerMetricsExport::BrokerMetricsExport(const kafka::broker::BrokerMetrics& metrics, prometheus::Registry& registry)
    : copier_([&metrics, &registry](const std::stop_token& ended) { copy(ended, metrics, registry); }) {}

}  // namespace antiphon::cli
