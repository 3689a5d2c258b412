#include "kafka/log/segment_file.h"

#include <fmt/format.h>

namespace antiphon::kafka::log {
namespace {

constexpr std::uint64_t kWriteAnewBytes = 256ULL << 10;  // at a time: it stays in a core's cache

}  // namespace

Result<> write_anew(File& file, std::uint64_t from, std::uint64_t to) {
  Bytes buffer(static_cast<std::size_t>(std::min(kWriteAnewBytes, to - std::min(from, to))));
  while (from < to) {
    const auto bytes = MutableByteView(buffer).first(static_cast<std::size_t>(std::min(kWriteAnewBytes, to - from)));
    ANTIPHON_TRY(got, file.read_at(from, bytes));
    if (got != bytes.size()) return make_error(ErrorKind::kIo, "a segment became shorter");
    ANTIPHON_TRY_VOID(file.write_at(from, ByteView(bytes)));
    from += got;
  }
  return {};
}

SegmentFile::~SegmentFile() { pool_.forget(*this); }

Result<std::shared_ptr<File>> SegmentFile::handle() {
  if (file_) {
    pool_.touch(*this);
  } else {
    ANTIPHON_TRY_VOID(pool_.open(*this));
  }
  return file_;
}

Result<> SegmentFile::sync(FileSystem& files, File& file) {
  const std::lock_guard lock(sync_mutex_);
  if (failed_.load(std::memory_order_relaxed)) {
    return make_error(ErrorKind::kIo, fmt::format("{}: an earlier sync of it failed", path_));
  }
  Result<> result;
  if (!entry_synced_) result = files.sync_directory(directory_);
  if (result) result = file.sync_data();
  if (result) {
    entry_synced_ = true;
  } else {
    failed_.store(true, std::memory_order_release);
  }
  return result;
}

Result<> FilePool::open(SegmentFile& segment) {
  close_idle();
  ANTIPHON_TRY(file, files_.open(segment.path_, segment.create_ ? OpenMode::kCreate : OpenMode::kReadWrite));
  segment.create_ = false;
  segment.file_ = std::move(file);
  segment.place_ = used_.insert(used_.end(), &segment);
  return {};
}

void FilePool::forget(SegmentFile& segment) {
  if (!segment.file_) return;
  used_.erase(segment.place_);
  segment.file_.reset();
}

// Walks past the dirty ones; each is passed once a call, so that a pool full of them costs no more than a look at each.
void FilePool::close_idle() {
  auto place = used_.begin();
  while (used_.size() >= open_max_ && place != used_.end()) {
    SegmentFile* const segment = *place++;
    if (!segment->dirty_) forget(*segment);
  }
}

}  // namespace antiphon::kafka::log
