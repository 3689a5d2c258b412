#include <unordered_map>

#include "sim/history/checks.h"

namespace antiphon::sim {

void check_transforms(const Index& index, Verdict& verdict) {
  std::set<std::string> inputs;
  std::unordered_map<std::string, std::vector<const Event*>> made_of;
  for (const Event& event : index.history) {
    if (event.what == What::kTransforms) inputs.insert(event.topic);
    if (event.what == What::kSend && !event.of.empty()) made_of[event.of].push_back(&event);
  }
  for (const auto& [place, log] : index.committed_logs) {
    if (!inputs.contains(place.first)) continue;
    for (const auto& [offset, value] : log.records) {
      std::uint64_t there = 0;
      std::string names;
      for (const Event* send : made_of[value]) {
        if (!index.committed_at(place_of(*send), send->value)) continue;
        ++there;
        names += fmt::format(" '{}' of transaction {}", send->value, send->transaction);
      }
      if (there == 1) {
        ++verdict.transformed;
      } else {
        found(verdict, Anomaly::kNotExactlyOnce, "{} offset {}: of '{}' {} committed records are made:{}",
              name_of(place), offset.value(), value, there, names);
      }
    }
  }
}

}  // namespace antiphon::sim
