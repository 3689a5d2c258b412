// What the reactor does at a partition for its compaction: rolls its active segment in time, says what may be cleaned,
// takes new segments in place of old ones. Reactor thread; made for a moment where it is needed.
#pragma once

#include <optional>
#include <vector>

#include "kafka/log/compaction/cleaner.h"
#include "kafka/log/compaction/plan.h"

namespace antiphon::kafka::log {

class PartitionLog;

// Of one partition, kept by it.
struct CleaningState {
  Offset first_dirty{0};
  Offset touched{0};        // a pass may have changed what is below
  Offset checkpointed{0};   // begin of the active segment in the last checkpoint that was written: sealed before it
                            // means synced, and not counted on by its size
  bool running = false;     // retention waits until the pass is over
  bool left_alone = false;  // damage, or a swap that nobody knows the end of: until the next start
  std::int64_t not_before_ms = 0;  // after an error of the disk
  Offset seen_active{-1};          // the active segment that was seen with records at seen_ms
  std::int64_t seen_ms = 0;
};

class PartitionCleaner {
 public:
  explicit PartitionCleaner(PartitionLog& partition) : partition_(partition) {}

  // Seals the active segment when its first record is older than max.compaction.lag.ms or segment.ms, whether or not
  // anything is appended (Kafka waits for the next append; an erasure may not).
  Result<> roll_if_due(std::int64_t now_ms);
  // Nothing: it is not compacted, or may not be looked at now.
  Result<std::optional<CleaningChoice>> choose(std::int64_t now_ms);
  [[nodiscard]] Result<CleaningPlan> plan(const CleaningChoice& choice, std::int64_t now_ms) const;

  // The published segment takes the place of those it was made of; its three files are kept open, because their names
  // change while the next job runs.
  Result<> take(const SwappedSegments& swapped);
  // They have their names now.
  void settle(const SwappedSegments& swapped);

 private:
  PartitionLog& partition_;
};

}  // namespace antiphon::kafka::log
