#include "statistics.h"

#include <algorithm>

namespace antiphon::bench {

nlohmann::json Samples::summary() const {
  if (values_.empty()) return {{"n", 0}};
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
  };
  return {{"n", sorted.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"max", sorted.back()}};
}

}  // namespace antiphon::bench
