// Health: what a process says of itself on /healthz, /livez and /readyz and in `antiphon status`.
//
// Liveness never depends on Kafka or on a store: a target that is down makes its stage degraded, not unready, and
// nobody restarts a process for it. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace antiphon {

enum class HealthState : std::uint8_t { kStarting, kReady, kDegraded, kStopping };

class Health {
 public:
  struct Report {
    HealthState state = HealthState::kStarting;
    std::map<std::string, std::string> problems;  // component -> what is wrong, for a person
  };

  void set_ready();
  void set_stopping();
  // A named trouble that comes and goes: "corpus file:///x" -> "connection refused; trying again". Empty text: it is
  // over.
  void set_problem(std::string_view component, std::string_view text);
  // Waits until it is no longer starting; true when it became ready, false when it stops or the time is over.
  [[nodiscard]] bool wait_ready(std::chrono::milliseconds timeout) const;
  [[nodiscard]] Report report() const;  // kDegraded: ready, but with problems

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  HealthState state_ = HealthState::kStarting;
  std::map<std::string, std::string, std::less<>> problems_;
};

std::string_view to_string(HealthState state);

}  // namespace antiphon
