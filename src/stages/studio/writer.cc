#include "stages/studio/writer.h"

namespace antiphon::studio {

Writer::Writer(Desk& desk, StudioMetrics& metrics, std::chrono::milliseconds period)
    : desk_(desk), metrics_(metrics), period_(period), thread_([this] { run(); }) {}

Writer::~Writer() {
  stop_.request_stop();
  desk_.nudge();
  thread_.join();
  desk_.write_changes();
}

void Writer::run() {
  const StopToken stop = stop_.token();
  auto next_tables = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    desk_.wait_for_work(kIdleLookMax);
    if (stop.wait_for(period_)) return;  // what comes in this time goes together
    desk_.tick();
    desk_.write_changes();
    const auto now = std::chrono::steady_clock::now();
    if (now < next_tables) continue;
    next_tables = now + kTablesEvery;
    desk_.with_leases(
        [&](Leases& leases) { metrics_.set_tables(leases.locales(), leases.leases_held(), leases.sentences_known()); });
  }
}

}  // namespace antiphon::studio
