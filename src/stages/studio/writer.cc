#include "stages/studio/writer.h"

namespace antiphon::studio {

Writer::Writer(Desk& desk, StudioMetrics& metrics, std::chrono::milliseconds period)
    : desk_(desk), metrics_(metrics), period_(period), thread_([this] { run(); }) {}

Writer::~Writer() {
  stop_.request_stop();
  thread_.join();
  desk_.write_changes();
}

void Writer::run() {
  const StopToken stop = stop_.token();
  auto since_tables = kTablesEvery;
  while (!stop.wait_for(period_)) {
    desk_.tick();
    desk_.write_changes();
    since_tables += period_;
    if (since_tables < kTablesEvery) continue;
    since_tables = std::chrono::milliseconds{0};
    desk_.with_leases(
        [&](Leases& leases) { metrics_.set_tables(leases.locales(), leases.leases_held(), leases.sentences_known()); });
  }
}

}  // namespace antiphon::studio
