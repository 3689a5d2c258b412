#include "kafka/log/scanner.h"

#include <fmt/format.h>

#include <algorithm>

namespace antiphon::kafka::log {

Scanner::Scanner(const File& file, std::uint64_t position, std::uint64_t end, Check check)
    : file_(file), position_(position), end_(end), check_(check) {}

void Scanner::retry(std::uint64_t position, std::uint64_t end) {
  position_ = position;
  end_ = end;
  problem_.clear();
  buffer_size_ = 0;
}

Result<ByteView> Scanner::bytes_at(std::uint64_t position, std::size_t size) {
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - std::min(end_, position)));
  if (position < buffer_position_ || position + size > buffer_position_ + buffer_size_) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, end_ - position));
    if (buffer_.size() < want) buffer_.resize(want);
    ANTIPHON_TRY(got, file_.read_at(position, MutableByteView(buffer_).first(want)));
    buffer_position_ = position;
    buffer_size_ = got;
    size = std::min(size, got);
  }
  return ByteView(buffer_).subspan(static_cast<std::size_t>(position - buffer_position_), size);
}

Result<const BatchHeader*> Scanner::next() {
  const BatchHeader* const none = nullptr;
  if (position_ >= end_ || !problem_.empty()) return none;
  ANTIPHON_TRY(head, bytes_at(position_, kBatchHeaderBytes));
  const ParsedBatch parsed = parse_batch_header(head);
  if (parsed.problem != nullptr) {
    problem_ = parsed.problem;
    return none;
  }
  header_ = parsed.header;
  if (header_.size_bytes > end_ - position_) {
    problem_ = fmt::format("a batch of {} bytes where {} are left", header_.size_bytes, end_ - position_);
    return none;
  }
  if (check_ == Check::kCrc) {
    std::uint32_t crc = 0;
    std::uint64_t at = position_ + kBatchCrcFrom;
    const std::uint64_t batch_end = position_ + header_.size_bytes;
    while (at < batch_end) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, batch_end - at));
      ANTIPHON_TRY(piece, bytes_at(at, want));
      if (piece.empty()) break;
      crc = wire::crc32c(piece, crc);
      at += piece.size();
    }
    if (at != batch_end || crc != header_.crc) {
      problem_ = fmt::format("the CRC-32C of the batch at offset {} is {:08x}, its bytes have {:08x}",
                             header_.base_offset.value(), header_.crc, crc);
      return none;
    }
  }
  if (header_.control && header_.size_bytes <= kMarkerBytesMax) {
    ANTIPHON_TRY(whole, bytes_at(position_, static_cast<std::size_t>(header_.size_bytes)));
    header_.marker = parse_batch_header(whole).header.marker;
  }
  batch_position_ = position_;
  position_ += header_.size_bytes;
  return static_cast<const BatchHeader*>(&header_);
}

}  // namespace antiphon::kafka::log
