#include "kafka/log/compaction/plan.h"

namespace antiphon::kafka::log {

CleaningChoice choose_segments(std::span<const SegmentFacts> sealed, const CleaningLimits& limits) {
  CleaningChoice choice;
  bool overdue = false;
  for (const SegmentFacts& segment : sealed) {
    const bool dirty = segment.end > limits.first_dirty;
    const bool young = dirty && limits.min_lag_ms > 0 && segment.max_timestamp_ms > limits.now_ms - limits.min_lag_ms;
    if (segment.end > limits.end || young) break;
    ++choice.segments;
    (dirty ? choice.dirty_bytes : choice.clean_bytes) += segment.bytes;
    // Written so that a huge lag and a timestamp of any kind do not overflow.
    const bool old = segment.first_timestamp_ms >= 0 && limits.now_ms > segment.first_timestamp_ms &&
                     limits.now_ms - segment.first_timestamp_ms > limits.max_lag_ms;
    overdue = overdue || (dirty && old);
  }
  if (choice.dirty_bytes == 0) return choice;
  if (choice.dirty_ratio() > limits.min_dirty_ratio) choice.reason = "min.cleanable.dirty.ratio";
  if (overdue) choice.reason = "max.compaction.lag.ms";
  return choice;
}

}  // namespace antiphon::kafka::log
