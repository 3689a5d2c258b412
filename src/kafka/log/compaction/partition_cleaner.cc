#include "kafka/log/compaction/partition_cleaner.h"

#include <algorithm>

#include "core/assert.h"
#include "kafka/log/compaction/swap.h"
#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

Result<> PartitionCleaner::roll_if_due(std::int64_t now_ms) {
  PartitionLog& log = partition_;
  CleaningState& state = log.cleaning_;
  if (!log.config_.compacts || log.failure_ || log.segments_.empty() || log.active().size() == 0) return {};
  const Segment& active = log.active();
  if (state.seen_active != active.base()) {
    state.seen_active = active.base();
    state.seen_ms = now_ms;
  }
  // Timestamps are the producers': one from the future, or none, must not keep the segment open for ever.
  const std::int64_t first = active.first_timestamp_ms();
  const std::int64_t since = first < 0 ? state.seen_ms : std::min(first, state.seen_ms);
  const std::int64_t limit = std::min(log.config_.max_compaction_lag_ms, log.config_.segment_ms);
  if (now_ms < since || now_ms - since <= limit) return {};
  return log.roll();
}

Result<std::optional<CleaningChoice>> PartitionCleaner::choose(std::int64_t now_ms) {
  PartitionLog& log = partition_;
  const CleaningState& state = log.cleaning_;
  const auto none = std::optional<CleaningChoice>();
  if (!log.config_.compacts || log.failure_ || state.left_alone || state.running) return none;
  if (now_ms < state.not_before_ms || log.segments_.size() < 2) return none;
  CleaningLimits limits;
  limits.first_dirty = state.first_dirty;
  limits.end = std::min(state.checkpointed, log.last_stable_offset());
  limits.now_ms = now_ms;
  limits.min_lag_ms = log.config_.min_compaction_lag_ms;
  limits.max_lag_ms = log.config_.max_compaction_lag_ms;
  limits.min_dirty_ratio = log.config_.min_cleanable_dirty_ratio;
  std::vector<SegmentFacts> sealed;
  for (auto found = log.segments_.begin(); std::next(found) != log.segments_.end(); ++found) {
    Segment& segment = *found->second;
    const Offset end = log.end_of(found);
    if (end > limits.end || log.unsynced_.contains(segment.base())) break;
    SegmentFacts facts{segment.base(), end, segment.size(), -1, -1};
    if (end > limits.first_dirty && limits.max_lag_ms != INT64_MAX && segment.size() > 0) {
      ANTIPHON_TRY(first, segment.first_timestamp());
      facts.first_timestamp_ms = first;
    }
    if (end > limits.first_dirty && limits.min_lag_ms > 0) {
      ANTIPHON_TRY(max_time, segment.max_time());
      facts.max_timestamp_ms = max_time.timestamp_ms;
    }
    sealed.push_back(facts);
  }
  return std::optional(choose_segments(sealed, limits));
}

Result<CleaningPlan> PartitionCleaner::plan(const CleaningChoice& choice, std::int64_t now_ms) const {
  const PartitionLog& log = partition_;
  CleaningPlan plan;
  plan.directory = log.directory_;
  auto found = log.segments_.begin();
  for (std::size_t i = 0; i < choice.segments; ++i, ++found) {
    plan.segments.push_back({found->first, log.end_of(found), found->second->size()});
  }
  ANTIPHON_ASSERT(!plan.segments.empty() && found != log.segments_.end());
  plan.first_dirty = log.cleaning_.first_dirty;
  plan.now_ms = now_ms;
  plan.delete_retention_ms = log.config_.delete_retention_ms;
  plan.segment_bytes = static_cast<std::uint64_t>(log.config_.segment_bytes);
  plan.index_interval_bytes = log.config_.index_interval_bytes;
  plan.map_bytes_max = log.context_.settings.compaction_map_bytes_max;
  for (const ProducerStateTable::Producer& producer : log.producers_.producers()) {
    LastOfProducer last{std::nullopt, producer.epoch};
    if (producer.batch_count > 0) last.last_offset = producer.batches[producer.batch_count - 1U].last_offset;
    plan.producers.emplace(producer.id, last);
  }
  ANTIPHON_TRY(aborted, log.aborted_transactions(plan.segments.front().base, plan.segments.back().end));
  plan.transactions = {true, std::move(aborted)};
  return plan;
}

Result<> PartitionCleaner::take(const SwappedSegments& swapped) {
  PartitionLog& log = partition_;
  auto segment =
      std::make_unique<Segment>(log.context_.pool, log.directory_, swapped.base, false, swap_suffix(swapped.end));
  ANTIPHON_TRY_VOID(segment->load());
  ANTIPHON_TRY_VOID(segment->load_index());
  ANTIPHON_TRY_VOID(segment->keep_open());
  const auto first = log.segments_.find(swapped.base);
  const auto end = log.segments_.find(swapped.end);
  ANTIPHON_ASSERT(first != log.segments_.end() && end != log.segments_.end());
  AbortedIndex& aborted = log.transactions_.aborted();
  for (const AbortedIndexMark& mark : aborted.marks()) {
    if (mark.segment <= swapped.base || mark.segment >= swapped.end) continue;
    // The next checkpoint names the merged index, so it has to be synced with it.
    log.unsynced_.emplace(swapped.base, segment->size());
    ++log.context_.writes;
  }
  for (auto old = std::next(first); old != end; ++old) {
    ANTIPHON_TRY_VOID(aborted.merge(old->first, swapped.base));
    // Not before a checkpoint that does not name it.
    log.context_.removals.push_back(log.directory_ + "/" + segment_file_name(old->first, AbortedIndex::kSuffix));
  }
  log.segments_.erase(first, end);
  log.segments_[swapped.base] = std::move(segment);
  log.hints_ = {};
  return {};
}

void PartitionCleaner::settle(const SwappedSegments& swapped) {
  const auto found = partition_.segments_.find(swapped.base);
  ANTIPHON_ASSERT(found != partition_.segments_.end());
  found->second->renamed("");
}

}  // namespace antiphon::kafka::log
