#include "core/health.h"

namespace antiphon {

void Health::set_ready() {
  const std::lock_guard lock(mutex_);
  if (state_ == HealthState::kStarting) state_ = HealthState::kReady;
  changed_.notify_all();
}

void Health::set_stopping() {
  const std::lock_guard lock(mutex_);
  state_ = HealthState::kStopping;
  changed_.notify_all();
}

void Health::set_problem(std::string_view component, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (text.empty()) {
    if (const auto it = problems_.find(component); it != problems_.end()) problems_.erase(it);
  } else {
    problems_.insert_or_assign(std::string(component), std::string(text));
  }
}

bool Health::wait_ready(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return state_ != HealthState::kStarting; });
  return state_ == HealthState::kReady;
}

Health::Report Health::report() const {
  const std::lock_guard lock(mutex_);
  Report report;
  report.state = state_ == HealthState::kReady && !problems_.empty() ? HealthState::kDegraded : state_;
  report.problems.insert(problems_.begin(), problems_.end());
  return report;
}

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::kStarting:
      return "starting";
    case HealthState::kReady:
      return "ready";
    case HealthState::kDegraded:
      return "degraded";
    case HealthState::kStopping:
      return "stopping";
  }
  return "unknown";
}

}  // namespace antiphon
