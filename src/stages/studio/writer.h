// The thread that writes behind: leases run out, waiting uploads lose patience, prompt-state learns what changed.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "core/stop.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

constexpr std::chrono::milliseconds kTablesEvery{500};  // how often the gauges are set

class Writer {
 public:
  // Everything given must outlive the writer. Every change is queued at most `period` after it was made.
  Writer(Desk& desk, StudioMetrics& metrics, std::chrono::milliseconds period);
  ~Writer();  // writes what is left

 private:
  void run();

  Desk& desk_;
  StudioMetrics& metrics_;
  const std::chrono::milliseconds period_;
  StopSource stop_;
  std::thread thread_;
};

}  // namespace antiphon::studio
