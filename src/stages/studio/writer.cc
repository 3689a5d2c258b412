#include "stages/studio/writer.h"

#include "core/logging.h"

namespace antiphon::studio {

Writer::Writer(Desk& desk, Write write, Health& health, StudioMetrics& metrics, std::chrono::milliseconds period)
    : desk_(desk), write_(std::move(write)), health_(health), metrics_(metrics), period_(period), thread_([this] {
        run();
      }) {}

Writer::~Writer() {
  stop_.request_stop();
  desk_.nudge();
  thread_.join();
  if (const auto written = flush(); !written)
    logging::warn("the last changes of sentences' states are not written", {{"detail", written.error().message}});
}

Result<> Writer::flush() {
  const std::lock_guard lock(writing_);
  while (true) {
    const std::vector<StateChange> changes = desk_.changes(kChangesPerTransaction);
    if (changes.empty()) break;
    auto written = write_(changes);
    if (written) {
      desk_.written(changes);
      continue;
    }
    desk_.changed_again(changes);
    // Expected while the group divides anew; everything else a person should see.
    if (written.error().kind != ErrorKind::kConflict) health_.set_problem("prompt-state", written.error().message);
    return written;
  }
  health_.set_problem("prompt-state", "");
  return {};
}

void Writer::run() {
  const StopToken stop = stop_.token();
  auto next_tables = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    desk_.wait_for_work(kIdleLookMax);
    if (stop.wait_for(period_)) return;  // what comes in this time goes together
    desk_.tick();
    if (!flush() && stop.wait_for(kWriteAgain)) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_tables) continue;
    next_tables = now + kTablesEvery;
    desk_.with_leases([&](Leases& leases) { metrics_.set_tables(leases); });
  }
}

}  // namespace antiphon::studio
