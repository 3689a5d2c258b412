// What the kernel says of this process's memory, and what a measurement makes of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace antiphon::bench {

// Begins when it is made: give it a process whose buffers are in use already.
class Measured {
 public:
  Measured();
  // Runs `work` and counts its time.
  template <class Work>
  void timed(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    took_ += std::chrono::steady_clock::now() - begin;
  }
  // {"bytes":, "peak_bytes":, "seconds":}
  [[nodiscard]] nlohmann::json told() const;

 private:
  std::uint64_t before_;
  std::chrono::nanoseconds took_{0};
};

}  // namespace antiphon::bench
