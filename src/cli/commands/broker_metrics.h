// The broker's counters for Prometheus: copied once a second into the registry that --status serves.
#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <thread>
#include <vector>

#include "kafka/broker/metrics.h"

namespace antiphon::cli {

// What the registry shows of a broker.
class BrokerGauges {
 public:
  explicit BrokerGauges(prometheus::Registry& registry);  // outlives it
  void set(const kafka::broker::BrokerMetricsSnapshot& now);

 private:
  std::vector<prometheus::Gauge*> plain_;
  prometheus::Family<prometheus::Gauge>& requests_by_api_;
  prometheus::Family<prometheus::Gauge>& durability_;
};

// Exports for as long as it lives. Both arguments must outlive it.
class BrokerMetricsExport {
 public:
  BrokerMetricsExport(const kafka::broker::BrokerMetrics& metrics, prometheus::Registry& registry);

 private:
  std::jthread copier_;
};

}  // namespace antiphon::cli
