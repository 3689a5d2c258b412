#include "kafka/log/compaction/source_reader.h"

#include <fmt/format.h>

#include "kafka/log/sparse_index.h"

namespace antiphon::kafka::log {

SourceReader::SourceReader(std::unique_ptr<File> file, std::string path, const SourceSegment& segment)
    : file_(std::move(file)),
      path_(std::move(path)),
      segment_(segment),
      scanner_(*file_, 0, segment.bytes, Scanner::Check::kCrc),
      next_(segment.base) {}

Result<std::unique_ptr<SourceReader>> SourceReader::open(FileSystem& files, const std::string& directory,
                                                         const SourceSegment& segment) {
  std::string path = directory + "/" + segment_file_name(segment.base, ".log");
  ANTIPHON_TRY(file, files.open(path, OpenMode::kRead));
  return std::unique_ptr<SourceReader>(new SourceReader(std::move(file), std::move(path), segment));
}

Error SourceReader::damaged(std::string_view why) const {
  return make_error(ErrorKind::kCorrupt,
                    fmt::format("{} at byte {} (offset {}): {}", path_, position_, next_.value(), why));
}

Result<bool> SourceReader::next() {
  ANTIPHON_TRY(batch, scanner_.next());
  position_ = scanner_.position();
  if (batch == nullptr) {
    if (!scanner_.problem().empty()) return damaged(scanner_.problem());
    if (scanner_.position() != segment_.bytes) return damaged("the file is shorter than it was");
    return false;
  }
  position_ = scanner_.batch_position();
  if (batch->base_offset < next_) return damaged("an offset that is there already");
  if (batch->next_offset() > segment_.end) return damaged("an offset of the next segment");
  if (batch->size_bytes > kCleanedBatchBytesMax) {
    return make_error(ErrorKind::kLimit, fmt::format("{} at byte {}: a batch of {} bytes; at most {} are looked into",
                                                     path_, position_, batch->size_bytes, kCleanedBatchBytesMax));
  }
  header_ = *batch;
  const auto size = static_cast<std::size_t>(header_.size_bytes);
  if (bytes_.size() < size) bytes_.resize(size);
  ANTIPHON_TRY(got, file_->read_at(position_, MutableByteView(bytes_).first(size)));
  if (got != size) return damaged("the file is shorter than it was");
  next_ = header_.next_offset();
  return true;
}

}  // namespace antiphon::kafka::log
