// The thread that writes behind: leases run out, waiting uploads lose patience, prompt-state learns what changed. It
// sleeps while there is nothing of this, but for a look at the clock now and then.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "core/stop.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

constexpr std::chrono::milliseconds kTablesEvery{500};    // how often the gauges are set while there is work
constexpr std::chrono::milliseconds kIdleLookMax{1'000};  // how late prompt-state may learn that a lease ran out

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
