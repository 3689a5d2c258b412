// Outage: the store answers, or it does not; said once each way, in the log and in the health report. Thread-safe.
#pragma once

#include <mutex>
#include <string>

#include "core/clock.h"
#include "core/health.h"
#include "core/result.h"

namespace antiphon::archive {

class Outage {
 public:
  // `component` names the store for people: "archive s3://bucket/prefix". `health` and `clock` must outlive it.
  Outage(Health& health, const Clock& clock, std::string component);

  void failed(const Error& error);
  void succeeded();
  [[nodiscard]] bool lasting() const;

 private:
  Health& health_;
  const Clock& clock_;
  const std::string component_;
  mutable std::mutex mutex_;
  bool lasting_ = false;
  std::string last_message_;
  MonoTime since_{};
};

}  // namespace antiphon::archive
