#include "kafka/log/compaction/cleaner.h"

#include <algorithm>

#include "core/assert.h"
#include "kafka/log/compaction/swap.h"
#include "kafka/wire/batch_builder.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{1} << 20;  // then it is written

std::uint64_t keys_at_most(const CleaningPlan& plan) {
  std::uint64_t offsets = 0;
  for (const SourceSegment& segment : plan.segments) {
    const Offset from = std::max(segment.base, plan.first_dirty);
    if (from < segment.end) offsets += static_cast<std::uint64_t>(segment.end - from);
  }
  return offsets;
}

FilterCounts difference(const FilterCounts& now, const FilterCounts& before) {
  return {now.kept - before.kept,       now.superseded - before.superseded, now.tombstones - before.tombstones,
          now.keyless - before.keyless, now.aborted - before.aborted,       now.markers - before.markers};
}

bool commits(const wire::BatchView& batch) {
  wire::Buffer scratch;
  wire::RecordView record;
  auto reader = wire::RecordReader::open(batch, scratch);
  return reader && reader->next(record) && wire::marker_commits(record).value_or(false);
}

}  // namespace

Cleaner::Cleaner(FileSystem& files, CleaningPlan plan)
    : files_(files),
      plan_(std::move(plan)),
      tracker_(plan_.transactions),
      map_end_(plan_.segments.empty() ? plan_.first_dirty : plan_.segments.back().end),
      pool_(files, kCleanerOpenFilesMax) {}

Cleaner::~Cleaner() {
  if (!out_) return;
  const Offset base = out_->base();
  out_.reset();
  discard_cleaned(files_, plan_.directory, base);
}

Result<Cleaner::Progress> Cleaner::run() { return (this->*next_)(); }

Result<bool> Cleaner::put_keys() {
  ANTIPHON_TRY(batch, wire::BatchView::at(source_->bytes()));
  if (batch.control() || tracker_.fate(batch) != TransactionTracker::Fate::kCounts) return true;
  auto reader = wire::RecordReader::open(batch, scratch_);
  if (!reader) return source_->damaged(reader.error().message);
  wire::RecordView record;
  while (reader->next(record)) {
    const Offset offset = reader->offset_of(record);
    if (offset < batch.base_offset() || offset > batch.last_offset())
      return source_->damaged("a record outside its batch");
    if (offset < plan_.first_dirty || !record.key) continue;
    if (!map_->put(*record.key, offset)) {
      map_end_ = offset;
      return false;
    }
  }
  if (!reader->ok()) return source_->damaged(reader->error().message);
  return true;
}

Result<Cleaner::Progress> Cleaner::fill_map() {
  if (!map_) map_ = std::make_unique<OffsetMap>(keys_at_most(plan_), plan_.map_bytes_max);
  bool room = true;
  for (std::uint64_t piece = 0; room && at_ < plan_.segments.size() && piece < kCleanerPieceBytes;) {
    if (plan_.segments[at_].end <= plan_.first_dirty) {
      ++at_;
      continue;
    }
    if (!source_) {
      ANTIPHON_TRY(source, SourceReader::open(files_, plan_.directory, plan_.segments[at_]));
      source_ = std::move(source);
    }
    ANTIPHON_TRY(more, source_->next());
    if (!more) {
      source_.reset();
      ++at_;
      continue;
    }
    piece += source_->header().size_bytes;
    if (source_->header().last_offset >= plan_.first_dirty) {
      ANTIPHON_TRY(put, put_keys());
      room = put;
    }
    bytes_read_ += source_->header().size_bytes;
  }
  if (room && at_ < plan_.segments.size()) return Progress::kMore;
  source_.reset();
  filter_ = std::make_unique<BatchFilter>(
      *map_, BatchFilter::Pass{map_end_, map_end_ - 1, plan_.now_ms, plan_.delete_retention_ms});
  next_ = &Cleaner::begin_group;
  return Progress::kMore;
}

// As many neighbours as one segment may hold, by what they have now; none that lies behind what is judged.
Result<Cleaner::Progress> Cleaner::begin_group() {
  const auto& all = plan_.segments;
  group_begin_ = group_end_;
  if (group_begin_ >= all.size() || all[group_begin_].base >= map_end_) return Progress::kDone;
  std::uint64_t bytes = 0;
  const Offset base = all[group_begin_].base;
  while (group_end_ < all.size() && all[group_end_].base < map_end_) {
    const SourceSegment& next = all[group_end_];
    const bool fits = bytes + next.bytes <= plan_.segment_bytes && next.end - base <= INT32_MAX;
    if (group_end_ > group_begin_ && !fits) break;
    bytes += next.bytes;
    ++group_end_;
  }
  swapped_ = {base, all[group_end_ - 1].end, group_end_ - group_begin_, bytes, 0, {}};
  counts_before_ = filter_->counts();
  changed_ = group_end_ - group_begin_ > 1;
  discard_cleaned(files_, plan_.directory, base);  // a pass that failed could not
  out_ = std::make_unique<Segment>(pool_, plan_.directory, base, true, std::string(kCleanedSuffix));
  ANTIPHON_TRY_VOID(out_->file()->handle());
  at_ = group_begin_;
  next_ = &Cleaner::filter;
  return Progress::kMore;
}

BatchFilter::Facts Cleaner::facts_of(const wire::BatchView& batch) {
  BatchFilter::Facts facts;
  const auto fate = tracker_.fate(batch);
  facts.keep_whole = fate == TransactionTracker::Fate::kUnknown;
  facts.aborted = fate == TransactionTracker::Fate::kAborted;
  facts.empty_marker = tracker_.ends_nothing(batch, batch.control() && commits(batch));
  const auto producer = plan_.producers.find(batch.producer_id());
  if (producer != plan_.producers.end()) {
    const LastOfProducer& last = producer->second;
    facts.last_of_producer = last.last_offset ? batch.last_offset() == *last.last_offset
                                              : batch.control() && batch.producer_epoch() == last.epoch;
  }
  return facts;
}

Result<> Cleaner::take_batch() {
  ANTIPHON_TRY(batch, wire::BatchView::at(source_->bytes()));
  auto verdict = filter_->run(batch, facts_of(batch));
  if (!verdict) return source_->damaged(verdict.error().message);
  ByteView bytes = source_->bytes();
  BatchHeader header = source_->header();
  if (*verdict != BatchFilter::Verdict::kCopy) changed_ = true;
  if (*verdict == BatchFilter::Verdict::kRemoved) return {};
  if (*verdict == BatchFilter::Verdict::kRewritten) {
    bytes = filter_->rewritten();
    const ParsedBatch parsed = parse_batch_header(bytes);
    ANTIPHON_ASSERT(parsed.problem == nullptr);
    header = parsed.header;
  }
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  pending_batches_.push_back(header);
  if (pending_.size() >= kPendingBytes) return flush();
  return {};
}

Result<> Cleaner::flush() {
  if (pending_.empty()) return {};
  bool broken = false;
  ANTIPHON_TRY_VOID(out_->append(files_, pending_, pending_batches_, plan_.index_interval_bytes, broken));
  pending_.clear();
  pending_batches_.clear();
  return {};
}

Result<Cleaner::Progress> Cleaner::filter() {
  for (std::uint64_t piece = 0; at_ < group_end_ && piece < kCleanerPieceBytes;) {
    if (!source_) {
      ANTIPHON_TRY(source, SourceReader::open(files_, plan_.directory, plan_.segments[at_]));
      source_ = std::move(source);
    }
    ANTIPHON_TRY(more, source_->next());
    if (!more) {
      source_.reset();
      ++at_;
      continue;
    }
    piece += source_->header().size_bytes;
    bytes_read_ += source_->header().size_bytes;
    ANTIPHON_TRY_VOID(take_batch());
  }
  ANTIPHON_TRY_VOID(flush());
  // Little by little, so that the syncs of others need not wait for all of it.
  ANTIPHON_TRY(file, out_->file()->handle());
  ANTIPHON_TRY_VOID(file->sync_data());
  if (at_ == group_end_) next_ = &Cleaner::publish;
  return Progress::kMore;
}

Result<Cleaner::Progress> Cleaner::publish() {
  swapped_.bytes_after = out_->size();
  swapped_.counts = difference(filter_->counts(), counts_before_);
  const Offset base = swapped_.base;
  if (!changed_) {
    out_.reset();
    discard_cleaned(files_, plan_.directory, base);
    next_ = &Cleaner::begin_group;
    return Progress::kMore;
  }
  ANTIPHON_TRY_VOID(out_->seal());
  ANTIPHON_TRY_VOID(out_->index().offsets().sync(files_));
  ANTIPHON_TRY_VOID(out_->index().times().sync(files_));
  out_->file()->set_dirty(false);
  bool undone = false;
  const auto done = publish_cleaned(files_, plan_.directory, base, swapped_.end, undone);
  if (!done) {
    unsettled_ = !undone;
    return done.error();
  }
  out_.reset();
  unsettled_ = true;
  next_ = &Cleaner::settle;
  return Progress::kPublished;
}

Result<Cleaner::Progress> Cleaner::settle() {
  ANTIPHON_TRY_VOID(complete_swap(files_, plan_.directory, swapped_.base, swapped_.end));
  unsettled_ = false;
  next_ = &Cleaner::begin_group;
  return Progress::kSettled;
}

}  // namespace antiphon::kafka::log
