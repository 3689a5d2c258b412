#include "kafka/log/segment.h"

#include <fmt/format.h>

#include <array>

namespace antiphon::kafka::log {

Segment::Segment(FilePool& pool, const std::string& directory, Offset base, bool is_new, const std::string& suffix)
    : base_(base),
      log_(std::make_shared<SegmentFile>(pool, directory, segment_file_name(base, ".log") + suffix, is_new)),
      index_(pool, directory, base, suffix),
      index_loaded_(is_new) {
  if (is_new) max_time_ = TimeEntry{-1, base};
}

Result<> Segment::load() {
  ANTIPHON_TRY(file, log_->handle());
  ANTIPHON_TRY(size, file->size());
  size_ = unchecked_below_ = size;
  return {};
}

Result<> Segment::load_index() {
  if (index_loaded_) return {};
  ANTIPHON_TRY_VOID(index_.load());
  index_loaded_ = true;
  // No entries are right for a segment of one batch, too: then it costs one look at a header to find out.
  const bool empty = index_.offsets().count() == 0 || index_.times().count() == 0;
  if (empty && size_ > 0) return rebuild_index(index_interval_);
  return {};
}

Result<TimeEntry> Segment::max_time() {
  if (!max_time_) ANTIPHON_TRY_VOID(load_index());
  if (!max_time_) {
    // Retention deletes by it: a damaged index must not say that a segment is old.
    ANTIPHON_TRY(last, index_.last_time());
    ANTIPHON_TRY(place, last ? locate(last->offset) : Result<std::optional<Place>>(std::optional<Place>()));
    const bool stands =
        place && place->header.last_offset == last->offset && place->header.max_timestamp_ms == last->timestamp_ms;
    if (!stands && size_ > 0) ANTIPHON_TRY_VOID(rebuild_index(index_interval_));
    if (!max_time_) max_time_ = last.value_or(TimeEntry{-1, base_});
  }
  return *max_time_;
}

Result<std::int64_t> Segment::first_timestamp() {
  if (first_timestamp_ms_ < 0) {
    ANTIPHON_TRY(first, header_at(0));
    first_timestamp_ms_ = first.max_timestamp_ms;
  }
  return first_timestamp_ms_;
}

Result<> Segment::keep_open() {
  ANTIPHON_TRY_VOID(log_->handle());
  log_->set_dirty(true);
  return index_.keep_open();
}

void Segment::renamed(const std::string& suffix) {
  log_->renamed(segment_file_name(base_, ".log") + suffix);
  log_->set_dirty(false);
  index_.renamed(suffix);
}

Result<> Segment::resume(std::uint64_t size, Offset end, TimeEntry max_time, std::int64_t first_timestamp_ms) {
  size_ = unchecked_below_ = size;
  ANTIPHON_TRY_VOID(index_.load());
  ANTIPHON_TRY_VOID(index_.cut(size, end));
  index_loaded_ = false;
  ANTIPHON_TRY_VOID(load_index());
  max_time_ = max_time;
  first_timestamp_ms_ = first_timestamp_ms;
  return {};
}

Result<> Segment::append(FileSystem& files, ByteView bytes, std::span<const BatchHeader> batches,
                         std::int64_t index_interval, bool& broken) {
  broken = false;
  ANTIPHON_TRY(file, log_->handle());
  const Result<> written = file->write_at(size_, bytes);
  if (!written) {
    // A part of it may be there, and must never come back after a crash at offsets that others get: the cut is synced.
    Result<> undone = file->truncate(size_);
    if (undone) undone = log_->sync(files, *file);
    broken = !undone;
    return written.error();
  }
  log_->set_dirty(true);
  for (const BatchHeader& batch : batches) note(batch, index_interval);
  return {};
}

void Segment::note(const BatchHeader& batch, std::int64_t index_interval) {
  index_interval_ = index_interval;
  if (first_timestamp_ms_ < 0) first_timestamp_ms_ = batch.max_timestamp_ms;
  if (!max_time_ || batch.max_timestamp_ms > max_time_->timestamp_ms) {
    max_time_ = TimeEntry{batch.max_timestamp_ms, batch.last_offset};
  }
  if (since_index_ > static_cast<std::uint64_t>(index_interval)) {
    index_.add({batch.last_offset, size_});
    (void)index_.add_time(*max_time_);  // a hint the less
    since_index_ = 0;
  }
  size_ += batch.size_bytes;
  since_index_ += batch.size_bytes;
}

Result<> Segment::truncate(std::uint64_t size) {
  ANTIPHON_TRY(file, log_->handle());
  ANTIPHON_TRY_VOID(file->truncate(size));
  log_->set_dirty(true);
  size_ = size;
  return {};
}

Result<> Segment::seal() {
  if (max_time_) ANTIPHON_TRY_VOID(index_.add_time(*max_time_));
  return index_.flush();
}

Result<BatchHeader> Segment::header_at(std::uint64_t position) const {
  ANTIPHON_TRY(file, log_->handle());
  std::array<std::byte, kBatchHeaderBytes> bytes;
  ANTIPHON_TRY(got, file->read_at(position, bytes));
  const ParsedBatch parsed = parse_batch_header(ByteView(bytes).first(got));
  const char* problem = parsed.problem;
  if (problem == nullptr && parsed.header.size_bytes > size_ - position) problem = "a batch longer than its file";
  if (problem != nullptr) {
    return make_error(ErrorKind::kCorrupt, fmt::format("{} at byte {}: {}", path(), position, problem));
  }
  return parsed.header;
}

// Whether the batch that the entry names is where it says.
Result<bool> Segment::stands(const IndexEntry& entry) const {
  if (entry.position >= size_) return false;
  const auto header = header_at(entry.position);
  if (header) return header->last_offset == entry.offset;
  if (header.error().kind == ErrorKind::kCorrupt) return false;
  return header.error();
}

Result<std::optional<Segment::Place>> Segment::locate(Offset offset) {
  ANTIPHON_TRY_VOID(load_index());
  ANTIPHON_TRY(hint, index_.by_offset(offset));
  if (hint) {
    ANTIPHON_TRY(good, stands(*hint));
    if (!good) {
      ANTIPHON_TRY_VOID(rebuild_index(index_interval_));
      ANTIPHON_TRY(again, index_.by_offset(offset));
      hint = again;
    }
  }
  std::uint64_t position = hint ? hint->position : 0;
  while (position < size_) {
    ANTIPHON_TRY(header, header_at(position));
    if (header.last_offset >= offset) return std::optional(Place{position, header});
    position += header.size_bytes;
  }
  return std::optional<Place>();
}

Result<std::uint64_t> Segment::boundary_before(std::uint64_t position) {
  if (position == 0) return std::uint64_t{0};
  ANTIPHON_TRY_VOID(load_index());
  for (const bool again : {false, true}) {
    ANTIPHON_TRY(hint, index_.by_position(position - 1));
    if (!hint) break;
    ANTIPHON_TRY(good, stands(*hint));
    if (good && hint->position < position) return hint->position;
    if (!again) ANTIPHON_TRY_VOID(rebuild_index(index_interval_));
  }
  return std::uint64_t{0};
}

Result<Segment::Cut> Segment::cut_at(std::uint64_t position, std::uint64_t max_bytes, std::uint64_t limit) {
  if (limit - position <= max_bytes) return Cut{limit, std::nullopt};
  ANTIPHON_TRY_VOID(load_index());
  std::uint64_t end = position;
  ANTIPHON_TRY(hint, index_.by_position(position + max_bytes));
  if (hint && hint->position > position && hint->position < limit) {
    ANTIPHON_TRY(good, stands(*hint));
    if (good) end = hint->position;
  }
  // From the hint it is less than an index interval and one batch to go.
  ANTIPHON_TRY(header, header_at(end));
  while (end + header.size_bytes <= position + max_bytes || end == position) {
    end += header.size_bytes;
    if (end >= limit) return Cut{limit, std::nullopt};
    auto next = header_at(end);
    if (!next && next.error().kind == ErrorKind::kCorrupt) return Cut{end, header.next_offset()};  // up to the damage
    if (!next) return std::move(next).error();
    header = *next;
  }
  return Cut{end, header.base_offset};
}

Result<> Segment::rebuild_index(std::int64_t index_interval) {
  ANTIPHON_TRY(file, log_->handle());
  ANTIPHON_TRY_VOID(index_.cut(0, base_));
  index_loaded_ = true;
  const std::uint64_t end = size_;
  Scanner scanner(*file, 0, end, Scanner::Check::kCrc);
  size_ = 0;
  since_index_ = 0;
  max_time_ = TimeEntry{-1, base_};
  Result<> result;
  while (true) {
    auto batch = scanner.next();
    if (!batch) result = std::move(batch).error();
    if (!batch || *batch == nullptr) break;
    note(**batch, index_interval);
  }
  size_ = end;
  if (!scanner.problem().empty()) max_time_ = TimeEntry{-1, base_};  // nobody knows how old damaged bytes are
  if (result && index_.offsets().count() > 0) result = seal();
  return result;
}

}  // namespace antiphon::kafka::log
