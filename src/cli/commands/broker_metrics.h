// The broker's counters for Prometheus: copied once a second into the registry that --status serves.
#pragma once

#include <thread>

#include "kafka/broker/metrics.h"

namespace prometheus {
class Registry;
}

namespace antiphon::cli {

// Exports for as long as it lives. Both arguments must outlive it.
class BrokerMetricsExport {
 public:
  BrokerMetricsExport(const kafka::broker::BrokerMetrics& metrics, prometheus::Registry& registry);

 private:
  std::jthread copier_;
};

}  // namespace antiphon::cli
