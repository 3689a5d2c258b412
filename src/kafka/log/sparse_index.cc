#include "kafka/log/sparse_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "kafka/wire/endian.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::size_t kOffsetEntryBytes = 8;
constexpr std::size_t kTimeEntryBytes = 12;

// The number of entries for which `before` holds; it holds for a run at the front.
template <class Before>
Result<std::uint64_t> count_before(const EntryFile& file, Before before) {
  std::uint64_t low = 0;
  std::uint64_t high = file.count();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    ANTIPHON_TRY(entry, file.entry(middle));
    if (before(ByteView(entry))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::string segment_file_name(Offset base, std::string_view suffix) {
  return fmt::format("{:020}{}", base.value(), suffix);
}

std::optional<Offset> segment_base_of(std::string_view name, std::string_view suffix) {
  if (name.size() != 20 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc() || end != name.data() + 20 || base < 0) return std::nullopt;
  return Offset(base);
}

EntryFile::EntryFile(FilePool& pool, const std::string& directory, std::string name, std::size_t entry_bytes)
    : entry_bytes_(entry_bytes), file_(std::make_shared<SegmentFile>(pool, directory, std::move(name), true)) {}

Result<> EntryFile::load() {
  ANTIPHON_TRY(file, file_->handle());
  ANTIPHON_TRY(size, file->size());
  stored_ = size / entry_bytes_;
  pending_.clear();
  return {};
}

Result<Bytes> EntryFile::entry(std::uint64_t index) const {
  Bytes bytes(entry_bytes_);
  if (index >= stored_) {
    const auto at = static_cast<std::size_t>(index - stored_) * entry_bytes_;
    std::copy_n(pending_.begin() + static_cast<std::ptrdiff_t>(at), entry_bytes_, bytes.begin());
    return bytes;
  }
  ANTIPHON_TRY(file, file_->handle());
  ANTIPHON_TRY(got, file->read_at(index * entry_bytes_, bytes));
  if (got != entry_bytes_) return make_error(ErrorKind::kCorrupt, fmt::format("{} became shorter", file_->path()));
  return bytes;
}

Result<Bytes> EntryFile::all() const {
  Bytes bytes(static_cast<std::size_t>(stored_) * entry_bytes_);
  if (!bytes.empty()) {
    ANTIPHON_TRY(file, file_->handle());
    ANTIPHON_TRY(got, file->read_at(0, bytes));
    bytes.resize(got / entry_bytes_ * entry_bytes_);
  }
  bytes.insert(bytes.end(), pending_.begin(), pending_.end());
  return bytes;
}

void EntryFile::append(ByteView entry) {
  pending_.insert(pending_.end(), entry.begin(), entry.end());
  if (pending_.size() < kIndexEntriesPending * entry_bytes_) return;
  if (!flush() && pending_.size() > kIndexEntriesPendingMax * entry_bytes_) pending_.clear();
}

void EntryFile::append_kept(ByteView entry) {
  pending_.insert(pending_.end(), entry.begin(), entry.end());
  if (pending_.size() % (kIndexEntriesPending * entry_bytes_) == 0) (void)flush();  // later, then
}

Result<> EntryFile::flush() {
  if (pending_.empty()) return {};
  ANTIPHON_TRY(file, file_->handle());
  ANTIPHON_TRY_VOID(file->write_at(stored_ * entry_bytes_, pending_));
  stored_ += pending_.size() / entry_bytes_;
  pending_ = Bytes();
  dirty_ = true;
  return {};
}

Result<> EntryFile::cut(std::uint64_t count) {
  pending_.clear();
  if (count == stored_) return {};
  ANTIPHON_TRY(file, file_->handle());
  ANTIPHON_TRY_VOID(file->truncate(count * entry_bytes_));
  stored_ = count;
  dirty_ = true;
  return {};
}

Result<> EntryFile::sync(FileSystem& files) {
  ANTIPHON_TRY(file, file_->handle());
  dirty_ = false;
  return file_->sync(files, *file);
}

SegmentIndex::SegmentIndex(FilePool& pool, const std::string& directory, Offset base, const std::string& suffix)
    : base_(base),
      offsets_(pool, directory, segment_file_name(base, ".index") + suffix, kOffsetEntryBytes),
      times_(pool, directory, segment_file_name(base, ".timeindex") + suffix, kTimeEntryBytes) {}

Result<> SegmentIndex::keep_open() {
  for (EntryFile* const index : {&offsets_, &times_}) {
    ANTIPHON_TRY_VOID(index->file()->handle());
    index->file()->set_dirty(true);
  }
  return {};
}

void SegmentIndex::renamed(const std::string& suffix) {
  offsets_.file()->renamed(segment_file_name(base_, ".index") + suffix);
  times_.file()->renamed(segment_file_name(base_, ".timeindex") + suffix);
  for (EntryFile* const index : {&offsets_, &times_}) index->file()->set_dirty(false);
}

Result<> SegmentIndex::load() {
  time_known_ = false;
  ANTIPHON_TRY_VOID(offsets_.load());
  return times_.load();
}

IndexEntry SegmentIndex::parse(ByteView bytes) const {
  return {base_ + wire::load_big<std::int32_t>(bytes.data()),
          static_cast<std::uint32_t>(wire::load_big<std::int32_t>(bytes.data() + 4))};
}
TimeEntry SegmentIndex::parse_time(ByteView bytes) const {
  return {wire::load_big<std::int64_t>(bytes.data()), base_ + wire::load_big<std::int32_t>(bytes.data() + 8)};
}

Result<std::optional<IndexEntry>> SegmentIndex::by_offset(Offset offset) const {
  ANTIPHON_TRY(count, count_before(offsets_, [&](ByteView e) { return parse(e).offset <= offset; }));
  if (count == 0) return std::optional<IndexEntry>();
  ANTIPHON_TRY(bytes, offsets_.entry(count - 1));
  return std::optional(parse(bytes));
}

Result<std::optional<IndexEntry>> SegmentIndex::by_position(std::uint64_t position) const {
  ANTIPHON_TRY(count, count_before(offsets_, [&](ByteView e) { return parse(e).position <= position; }));
  if (count == 0) return std::optional<IndexEntry>();
  ANTIPHON_TRY(bytes, offsets_.entry(count - 1));
  return std::optional(parse(bytes));
}

Result<std::optional<TimeEntry>> SegmentIndex::before_time(std::int64_t timestamp_ms) const {
  ANTIPHON_TRY(count, count_before(times_, [&](ByteView e) { return parse_time(e).timestamp_ms < timestamp_ms; }));
  if (count == 0) return std::optional<TimeEntry>();
  ANTIPHON_TRY(bytes, times_.entry(count - 1));
  return std::optional(parse_time(bytes));
}

Result<std::optional<TimeEntry>> SegmentIndex::last_time() {
  if (!time_known_) {
    last_time_.reset();
    if (times_.count() > 0) {
      ANTIPHON_TRY(bytes, times_.entry(times_.count() - 1));
      last_time_ = parse_time(bytes);
    }
    time_known_ = true;
  }
  return last_time_;
}

void SegmentIndex::add(const IndexEntry& entry) {
  std::array<std::byte, kOffsetEntryBytes> bytes;
  wire::store_big(bytes.data(), static_cast<std::int32_t>(entry.offset - base_));
  wire::store_big(bytes.data() + 4, static_cast<std::int32_t>(entry.position));
  offsets_.append(bytes);
}

Result<> SegmentIndex::add_time(const TimeEntry& entry) {
  if (entry.timestamp_ms < 0) return {};
  ANTIPHON_TRY(last, last_time());
  if (last && (entry.timestamp_ms <= last->timestamp_ms || entry.offset <= last->offset)) return {};
  std::array<std::byte, kTimeEntryBytes> bytes;
  wire::store_big(bytes.data(), entry.timestamp_ms);
  wire::store_big(bytes.data() + 8, static_cast<std::int32_t>(entry.offset - base_));
  times_.append(bytes);
  last_time_ = entry;
  return {};
}

Result<> SegmentIndex::flush() {
  ANTIPHON_TRY_VOID(offsets_.flush());
  return times_.flush();
}

Result<> SegmentIndex::cut(std::uint64_t position, Offset end) {
  time_known_ = false;
  ANTIPHON_TRY(offset_bytes, offsets_.all());
  std::uint64_t kept = 0;
  IndexEntry last{base_ - 1, 0};
  for (ByteView left(offset_bytes); left.size() >= kOffsetEntryBytes; left = left.subspan(kOffsetEntryBytes)) {
    const IndexEntry entry = parse(left);
    const bool ascends = entry.offset > last.offset && (kept == 0 || entry.position > last.position);
    if (!ascends || entry.position >= position || entry.offset >= end) break;
    last = entry;
    ++kept;
  }
  ANTIPHON_TRY_VOID(offsets_.cut(kept));
  ANTIPHON_TRY(time_bytes, times_.all());
  kept = 0;
  TimeEntry last_time{-1, base_ - 1};
  for (ByteView left(time_bytes); left.size() >= kTimeEntryBytes; left = left.subspan(kTimeEntryBytes)) {
    const TimeEntry entry = parse_time(left);
    if (entry.timestamp_ms <= last_time.timestamp_ms || entry.offset <= last_time.offset || entry.offset >= end) break;
    last_time = entry;
    ++kept;
  }
  return times_.cut(kept);
}

}  // namespace antiphon::kafka::log
