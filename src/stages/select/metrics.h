// The selector's metrics. Names are fixed: dashboards and tests hold on to them.
#pragma once

#include <prometheus/registry.h>

#include <string>
#include <vector>

#include "stages/select/desk.h"

namespace antiphon::select {

class Metrics {
 public:
  Metrics(prometheus::Registry& registry, std::vector<std::string> corpus_ids);
  void set_working(bool working);  // 1: holds the baton, 0: stands by
  void count_unreadable(std::uint64_t records);
  // Under the desk's mutex.
  void update(const Desk& desk);
  // A new desk counts from zero again.
  void new_desk();

 private:
  std::vector<std::string> corpus_ids_;
  prometheus::Family<prometheus::Counter>& published_;
  prometheus::Family<prometheus::Counter>& left_out_;
  prometheus::Family<prometheus::Counter>& objects_changed_;
  prometheus::Family<prometheus::Gauge>& open_;
  prometheus::Family<prometheus::Gauge>& state_;
  prometheus::Family<prometheus::Gauge>& objects_;
  prometheus::Gauge& under_way_;
  prometheus::Gauge& working_;
  prometheus::Gauge& prompts_;
  prometheus::Counter& unreadable_;
  std::vector<std::uint64_t> published_before_;
  std::vector<std::uint64_t> changed_before_;
};

}  // namespace antiphon::select
