// Progress: how far behind one archive is, how fast it comes closer and when it will be there. A plain object: told the
// numbers at intervals, it says whether there is something to log. Being behind by less than kBehindMin is everyday
// life and says nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.h"

namespace antiphon::archive {

class Progress {
 public:
  static constexpr std::int64_t kBehindMin = 200;  // events

  struct Line {
    bool caught_up = false;  // the last line of a catch-up; the rest says how long it was
    std::int64_t behind = 0;
    double rate_per_second = 0;
    std::optional<double> seconds_left;  // nothing while it does not come closer
  };

  // `behind`: events in the log and not yet finished; `finished`: events finished since the start.
  std::optional<Line> tell(MonoTime now, std::int64_t behind, std::int64_t finished);

 private:
  bool catching_up_ = false;
  std::optional<MonoTime> last_time_;
  std::int64_t last_behind_ = 0;
  std::int64_t last_finished_ = 0;
};

}  // namespace antiphon::archive
