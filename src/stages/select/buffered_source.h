// A ByteSource with a place in it: look at what is there, take some of it, know the offset.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "stages/select/byte_source.h"

namespace antiphon::select {

class BufferedSource {
 public:
  // `offset`: of the source's first byte in the text. A byte order mark at offset 0 is taken at once with the first
  // bytes.
  BufferedSource(std::unique_ptr<ByteSource> source, std::uint64_t offset)
      : source_(std::move(source)), buffer_(kSourceBufferBytes), offset_(offset) {}

  // What lies ahead, at least one byte; empty: the end. Valid until the next call.
  Result<std::string_view> ahead() {
    if (begin_ < end_) return rest();
    const bool first = offset_ == 0;
    begin_ = end_ = 0;
    do {  // the three bytes of the mark may come one by one
      ANTIPHON_TRY(got, source_->read(MutableByteView(buffer_).subspan(end_)));
      end_ += got;
      if (got == 0) break;
    } while (first && end_ < 3);
    if (first && rest().starts_with("\xEF\xBB\xBF")) take(3);
    if (begin_ == end_ && begin_ > 0) return ahead();  // the mark was all there was so far
    return rest();
  }
  // `count` of the bytes that ahead() gave.
  void take(std::size_t count) {
    begin_ += count;
    offset_ += count;
  }
  // Of the next byte.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  [[nodiscard]] std::string_view rest() const { return as_text(ByteView(buffer_).subspan(begin_, end_ - begin_)); }

  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_;
};

}  // namespace antiphon::select
