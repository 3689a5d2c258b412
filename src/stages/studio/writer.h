// The thread that writes behind: leases run out, waiting uploads lose patience, prompt-state learns what changed. It
// sleeps while there is nothing of this, but for a look at the clock now and then.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "core/health.h"
#include "core/stop.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

constexpr std::chrono::milliseconds kTablesEvery{500};    // how often the gauges are set while there is work
constexpr std::chrono::milliseconds kIdleLookMax{1'000};  // how late prompt-state may learn that a lease ran out
constexpr std::chrono::milliseconds kWriteAgain{200};     // after a transaction that failed
constexpr std::size_t kChangesPerTransaction = 2'000;

class Writer {
 public:
  // All or nothing, see StateLog::write().
  using Write = std::function<Result<>(const std::vector<StateChange>&)>;

  // Everything given must outlive the writer. Every change is written at most `period` after it was made, and the time
  // that a transaction takes.
  Writer(Desk& desk, Write write, Health& health, StudioMetrics& metrics, std::chrono::milliseconds period);
  ~Writer();  // writes what is left

  // Writes everything that has changed up to now. Any thread.
  Result<> flush();

 private:
  void run();

  Desk& desk_;
  const Write write_;
  Health& health_;
  StudioMetrics& metrics_;
  const std::chrono::milliseconds period_;
  std::mutex writing_;  // one takes changes and writes them: a sentence's states stay in order
  StopSource stop_;
  std::thread thread_;
};

}  // namespace antiphon::studio
