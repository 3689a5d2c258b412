// Samples of one figure and what is told of them.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

namespace antiphon::bench {

class Samples {
 public:
  void add(std::chrono::nanoseconds value) { values_.push_back(static_cast<double>(value.count()) / 1e6); }
  void add(const Samples& others) { values_.insert(values_.end(), others.values_.begin(), others.values_.end()); }
  // {"n":, "p50":, "p99":, "max":} in milliseconds.
  [[nodiscard]] nlohmann::json summary() const;

 private:
  std::vector<double> values_;
};

}  // namespace antiphon::bench
