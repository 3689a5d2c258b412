// Reads of a partition: slices by offset, records by time, what retention takes away.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/partition_log.h"
#include "kafka/wire/record.h"

namespace antiphon::kafka::log {
namespace {

// One batch in memory, to look at its records. Batches are bounded by the segment's size; this bounds what is read of
// one whose header is wrong.
constexpr std::uint64_t kBatchInMemoryMax = 256ULL << 20;

Result<Bytes> bytes_of(const File& file, std::uint64_t position, std::uint64_t length, const std::string& path) {
  Bytes bytes(static_cast<std::size_t>(length));
  ANTIPHON_TRY(got, file.read_at(position, bytes));
  if (got != bytes.size()) {
    return make_error(ErrorKind::kCorrupt,
                      fmt::format("{} at byte {}: {} bytes where {} are expected", path, position, got, length));
  }
  return bytes;
}

}  // namespace

Result<Bytes> read_bytes(const LogSlice& slice) {
  if (slice.length == 0) return Bytes();
  return bytes_of(*slice.file, slice.position, slice.length, "segment");
}

Offset PartitionLog::end_of(std::map<Offset, std::unique_ptr<Segment>>::const_iterator segment) const {
  const auto next = std::next(segment);
  return next == segments_.end() ? log_end_ : next->first;
}

Result<PartitionLog::Limit> PartitionLog::limit_of(Segment& segment, Offset segment_end, Offset end) {
  if (end >= segment_end) return Limit{segment.size(), segment_end};
  if (!unsettled_.empty() && unsettled_.front().base_offset == end &&
      unsettled_.front().segment_base == segment.base()) {
    return Limit{unsettled_.front().position, end};
  }
  ANTIPHON_TRY(place, segment.locate(end));  // visible is a batch whose END lies below
  if (!place) return Limit{segment.size(), segment_end};
  return Limit{place->position, place->header.base_offset};
}

Result<LogSlice> PartitionLog::read(Offset from, std::uint64_t max_bytes, Offset end) {
  auto slice = find_slice(from, max_bytes, end);
  if (!slice && slice.error().kind == ErrorKind::kCorrupt) isolate(slice.error());
  return slice;
}

Result<LogSlice> PartitionLog::find_slice(Offset from, std::uint64_t max_bytes, Offset end) {
  if (from < log_start_ || from > log_end_) {
    return make_error(ErrorKind::kNotFound, fmt::format("{}-{}: offset {} is not in [{}, {}]", topic_, id().value(),
                                                        from.value(), log_start_.value(), log_end_.value()));
  }
  LogSlice slice;
  slice.first_offset = slice.next_offset = from;
  end = std::min(end, log_end_);
  auto found = segments_.upper_bound(from);
  if (from >= end || found == segments_.begin()) return slice;
  --found;
  for (; found != segments_.end() && found->first < end; ++found) {
    Segment& segment = *found->second;
    std::optional<std::uint64_t> start;
    for (const Hint& hint : hints_) {
      if (hint.offset == from && hint.segment_base == segment.base()) start = hint.position;
    }
    slice.first_offset = from;
    if (!start) {
      ANTIPHON_TRY(place, segment.locate(from));
      if (!place) continue;  // compaction took the segment's last batches
      start = place->position;
      slice.first_offset = place->header.base_offset;
    }
    ANTIPHON_TRY(limit, limit_of(segment, end_of(found), end));
    if (*start >= limit.position) {
      if (limit.position < segment.size()) break;
      continue;
    }
    ANTIPHON_TRY(cut, segment.cut_at(*start, max_bytes, limit.position));
    ANTIPHON_TRY(file, segment.file()->handle());
    slice.file = std::move(file);
    slice.position = *start;
    slice.length = cut.position - *start;
    slice.next_offset = cut.offset.value_or(limit.offset);
    ANTIPHON_TRY_VOID(check(segment, end_of(found), slice));
    hints_[next_hint_] = {slice.next_offset, segment.base(), slice.position + slice.length};
    next_hint_ = (next_hint_ + 1) % hints_.size();
    return slice;
  }
  return slice;
}

std::uint64_t PartitionLog::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [base, segment] : segments_) bytes += segment->size();
  return bytes;
}

// The first record of the batch with a timestamp >= at_least; without one, the first with the largest timestamp.
Result<std::optional<TimestampOffset>> PartitionLog::record_in_batch(Segment& segment, const Segment::Place& place,
                                                                     std::optional<std::int64_t> at_least) {
  if (place.header.size_bytes > kBatchInMemoryMax) {
    return make_error(ErrorKind::kLimit, fmt::format("a batch of {} bytes", place.header.size_bytes));
  }
  ANTIPHON_TRY(file, segment.file()->handle());
  ANTIPHON_TRY(bytes, bytes_of(*file, place.position, place.header.size_bytes, segment.path()));
  ANTIPHON_TRY(batch, wire::BatchView::at(bytes));
  wire::Buffer scratch;
  ANTIPHON_TRY(records, wire::RecordReader::open(batch, scratch));
  wire::RecordView record;
  std::optional<TimestampOffset> best;
  while (records.next(record)) {
    const std::int64_t timestamp = records.timestamp_of(record);
    const Offset offset = records.offset_of(record);
    if (offset < log_start_) continue;
    if (at_least && timestamp < *at_least) continue;
    if (!best || timestamp > best->timestamp_ms) best = TimestampOffset{timestamp, offset, place.header.leader_epoch};
    if (at_least) return best;
  }
  if (!records.ok()) return records.error();
  return best;
}

Result<std::optional<TimestampOffset>> PartitionLog::find_record(Segment& segment, std::uint64_t position,
                                                                 std::int64_t at_least) {
  while (position < segment.size()) {
    ANTIPHON_TRY(header, segment.header_at(position));
    if (header.last_offset >= high_watermark_) break;
    if (header.max_timestamp_ms >= at_least && header.last_offset >= log_start_) {
      ANTIPHON_TRY(record, record_in_batch(segment, {position, header}, at_least));
      if (record) return record;
    }
    position += header.size_bytes;
  }
  return std::optional<TimestampOffset>();
}

Result<std::optional<TimestampOffset>> PartitionLog::offset_for_timestamp(std::int64_t timestamp_ms) {
  for (const auto& [base, segment] : segments_) {
    ANTIPHON_TRY(max_time, segment->max_time());
    if (max_time.timestamp_ms < timestamp_ms) continue;
    ANTIPHON_TRY_VOID(segment->load_index());
    ANTIPHON_TRY(hint, segment->index().before_time(timestamp_ms));
    std::uint64_t position = 0;
    if (hint) {
      ANTIPHON_TRY(place, segment->locate(hint->offset));
      const bool stands =
          place && place->header.last_offset == hint->offset && place->header.max_timestamp_ms == hint->timestamp_ms;
      if (stands) position = place->position;
    }
    ANTIPHON_TRY(record, find_record(*segment, position, timestamp_ms));
    if (record) return record;
  }
  return std::optional<TimestampOffset>();
}

Result<std::optional<TimestampOffset>> PartitionLog::max_timestamp() {
  Segment* best = nullptr;
  TimeEntry best_time;
  for (const auto& [base, segment] : segments_) {
    ANTIPHON_TRY(max_time, segment->max_time());
    if (segment->size() == 0 || (best != nullptr && max_time.timestamp_ms <= best_time.timestamp_ms)) continue;
    best = segment.get();
    best_time = max_time;
  }
  if (best == nullptr || best_time.timestamp_ms < 0) return std::optional<TimestampOffset>();
  ANTIPHON_TRY(place, best->locate(best_time.offset));
  if (!place) return std::optional<TimestampOffset>();
  return record_in_batch(*best, *place, std::nullopt);
}

DeletedSegment PartitionLog::drop_first(std::string reason) {
  const auto first = segments_.begin();
  Segment& segment = *first->second;
  DeletedSegment deleted{segment.path(), segment.base(), end_of(first), segment.size(), std::move(reason)};
  // The files go after the checkpoint that says that they are not needed: after a crash before it they are there again.
  for (const EntryFile* const index : {&segment.index().offsets(), &segment.index().times()}) {
    context_.removals.push_back(index->file()->path());
  }
  if (transactions_.aborted().drop(segment.base())) {
    context_.removals.push_back(
        fmt::format("{}/{}", directory_, segment_file_name(segment.base(), AbortedIndex::kSuffix)));
  }
  context_.removals.push_back(segment.path());
  ++context_.writes;
  log_start_ = std::max(log_start_, deleted.next_offset);
  if (unsynced_.erase(segment.base()) > 0) {
    auto file = segment.file()->handle();
    if (file) dropped_.push_back({segment.file(), std::move(*file)});
    if (!file) fail(std::move(file).error());
  }
  segments_.erase(first);
  return deleted;
}

std::vector<DeletedSegment> PartitionLog::apply_retention(WallTime now) {
  std::vector<DeletedSegment> deleted;
  if (failure_ || cleaning_.running) return deleted;
  const std::int64_t now_ms = to_unix_ms(now);
  while (!segments_.empty()) {
    const auto first = segments_.begin();
    Segment& segment = *first->second;
    const Offset end = end_of(first);
    const bool last = std::next(first) == segments_.end();
    if ((segment.size() == 0 && last) || end > high_watermark_) break;
    std::string reason;
    if (segment.size() == 0 && config_.deletes) reason = "compaction has left nothing of it";
    if (end <= log_start_) reason = fmt::format("log start offset {}", log_start_.value());
    if (reason.empty() && config_.deletes && config_.retention_ms >= 0) {
      const auto max_time = segment.max_time();
      // Without any timestamp a segment is kept: its age is not known.
      if (max_time && max_time->timestamp_ms >= 0 && now_ms - max_time->timestamp_ms > config_.retention_ms) {
        reason = fmt::format("retention.ms {}: newest record of {}", config_.retention_ms,
                             format_rfc3339(from_unix_ms(max_time->timestamp_ms)));
      }
    }
    if (reason.empty() && config_.deletes && config_.retention_bytes >= 0 && !last) {
      const std::uint64_t bytes = size_bytes();
      if (bytes - segment.size() >= static_cast<std::uint64_t>(config_.retention_bytes)) {
        reason = fmt::format("retention.bytes {}: the partition has {}", config_.retention_bytes, bytes);
      }
    }
    if (reason.empty()) break;
    if (last && (!unsettled_.empty() || !make_active(log_end_))) break;
    deleted.push_back(drop_first(std::move(reason)));
  }
  return deleted;
}

Result<> PartitionLog::advance_log_start(Offset offset) {
  if (offset > high_watermark_) {
    return make_error(ErrorKind::kNotFound, fmt::format("{}-{}: offset {} is above the high watermark {}", topic_,
                                                        id().value(), offset.value(), high_watermark_.value()));
  }
  if (offset > log_start_) {
    log_start_ = offset;
    ++context_.writes;
  }
  return {};
}

Result<> PartitionLog::verify() {
  for (auto found = segments_.begin(); found != segments_.end(); ++found) {
    Segment& segment = *found->second;
    if (segment.size() == 0) continue;
    ANTIPHON_TRY(file, segment.file()->handle());
    Scanner scanner(*file, 0, segment.size(), Scanner::Check::kCrc);
    Offset next = segment.base();
    const auto damaged = [&](std::string_view why) {
      return make_error(ErrorKind::kCorrupt, fmt::format("{} at byte {} (offset {} was expected): {}", segment.path(),
                                                         scanner.position(), next.value(), why));
    };
    while (true) {
      ANTIPHON_TRY(batch, scanner.next());
      if (batch == nullptr) break;
      if (batch->base_offset < next) return damaged("an offset that is there already");
      next = batch->next_offset();
    }
    if (!scanner.problem().empty()) return damaged(scanner.problem());
    if (scanner.position() != segment.size()) return damaged("the file is shorter than it was");
  }
  return {};
}

}  // namespace antiphon::kafka::log
