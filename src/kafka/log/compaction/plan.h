// Which of a partition's segments may be cleaned now, and whether it is worth it or due (Kafka's rules).
//
//   |--- clean ---|--- dirty ---|--- may not be cleaned ---|
//   log start     first dirty   the first of: a segment behind the last stable offset, or behind the checkpoint's
//                               segment; one with a record younger than min.compaction.lag.ms; the active one
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/types.h"

namespace antiphon::kafka::log {

struct SegmentFacts {  // of one sealed segment
  Offset base{0};
  Offset end{0};
  std::uint64_t bytes = 0;
  std::int64_t first_timestamp_ms = -1;  // of its first batch; -1: not known, or nobody asks (max lag)
  std::int64_t max_timestamp_ms = -1;    // the same, for min lag
};

struct CleaningLimits {
  Offset first_dirty{0};
  Offset end{0};  // no segment that ends above it
  std::int64_t now_ms = 0;
  std::int64_t min_lag_ms = 0;
  std::int64_t max_lag_ms = INT64_MAX;
  double min_dirty_ratio = 0.5;
};

struct CleaningChoice {
  std::size_t segments = 0;  // so many from the front may be cleaned
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;
  std::string_view reason;  // empty: not now
  [[nodiscard]] double dirty_ratio() const {
    const std::uint64_t all = clean_bytes + dirty_bytes;
    return all == 0 ? 0.0 : static_cast<double>(dirty_bytes) / static_cast<double>(all);
  }
};

// `sealed`: from the log's start, in order, without the active one.
CleaningChoice choose_segments(std::span<const SegmentFacts> sealed, const CleaningLimits& limits);

}  // namespace antiphon::kafka::log
