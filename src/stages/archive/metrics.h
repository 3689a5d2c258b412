// What an archive counts. Labels: archive (its name), and reason for dead letters; never an event's id.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <set>
#include <string>

namespace antiphon::archive {

class Metrics {
 public:
  static constexpr std::size_t kReasonsMax = 64;  // distinct; what comes after counts as `other`

  // `registry` must outlive it.
  Metrics(prometheus::Registry& registry, const std::string& name);

  void dead_letter(const std::string& reason);
  static void observe(prometheus::Histogram& histogram, std::chrono::nanoseconds took);

  prometheus::Counter& stored;
  prometheus::Counter& stored_bytes;
  prometheus::Counter& redelivered;
  prometheus::Counter& erased;
  prometheus::Counter& retries;
  prometheus::Counter& lost;  // events that Kafka no longer had
  prometheus::Gauge& in_flight;
  prometheus::Gauge& lag_events;
  prometheus::Gauge& lag_seconds;
  prometheus::Histogram& store_seconds;    // from the worker's hand to the store's yes
  prometheus::Histogram& arrival_seconds;  // from the event's time in Kafka to the store's yes

 private:
  const std::string name_;
  prometheus::Family<prometheus::Counter>& dead_letters_;
  std::set<std::string> reasons_;
};

}  // namespace antiphon::archive
