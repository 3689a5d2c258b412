// What the studio counts beside what its HTTP server does. Never an event's or a person's id as a label.
#pragma once

#include <prometheus/registry.h>

#include <map>
#include <string>

#include "events/event.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {

class StudioMetrics {
 public:
  explicit StudioMetrics(prometheus::Registry& registry);
  void count_take(events::LeaseStanding standing);
  void set_in_flight_bytes(std::size_t bytes);
  void count_unusable(const std::string& topic);  // records of ours that could not be read
  // A request passed to the owner of a partition: answered, misdirected (421), unanswered.
  void count_forwarded(const std::string& outcome);
  void set_copied_partitions(std::size_t partitions);  // of those elsewhere, whole; 0: not known now
  // Called by one thread.
  void set_tables(const Leases& leases);

 private:
  prometheus::Family<prometheus::Counter>& takes_;
  prometheus::Family<prometheus::Counter>& unusable_;
  prometheus::Family<prometheus::Counter>& forwarded_;
  prometheus::Family<prometheus::Gauge>& open_;
  prometheus::Gauge& in_flight_bytes_;
  prometheus::Gauge& leases_;
  prometheus::Gauge& sentences_;
  prometheus::Gauge& copied_;
  prometheus::Gauge& copied_sentences_;
  std::array<prometheus::Counter*, 3> takes_by_standing_{};
};

}  // namespace antiphon::studio
