#include "stages/archive/progress.h"

namespace antiphon::archive {

std::optional<Progress::Line> Progress::tell(MonoTime now, std::int64_t behind, std::int64_t finished) {
  Line line;
  line.behind = behind;
  if (last_time_) {
    const double seconds = std::chrono::duration<double>(now - *last_time_).count();
    if (seconds > 0) {
      line.rate_per_second = static_cast<double>(finished - last_finished_) / seconds;
      // By what the distance shrank: what comes in meanwhile counts against it.
      const double closing = static_cast<double>(last_behind_ - behind) / seconds;
      if (closing > 0) line.seconds_left = static_cast<double>(behind) / closing;
    }
  }
  last_time_ = now;
  last_behind_ = behind;
  last_finished_ = finished;
  if (behind >= kBehindMin) {
    catching_up_ = true;
    return line;
  }
  if (!catching_up_) return std::nullopt;
  catching_up_ = false;
  line.caught_up = true;
  return line;
}

}  // namespace antiphon::archive
