// Writer: Kafka's primitive types into a buffer that belongs to the caller and is used again.
//
// A value that its form cannot hold (a text of 40,000 bytes where the length is an int16) makes the writer fail for
// good; what it wrote is then to be thrown away. Records::external leaves a gap, noted in slices().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/buffer.h"
#include "kafka/wire/endian.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/types.h"

namespace antiphon::kafka::wire {

[[nodiscard]] constexpr std::size_t uvarint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::size_t varint_size(std::int64_t value) { return uvarint_size(zigzag(value)); }

class Writer {
 public:
  using Prefix = Reader::Prefix;

  // Appends behind what `out` holds. Both live longer than the writer.
  explicit Writer(Buffer& out) : out_(out), start_(out.size()) {}

  [[nodiscard]] bool ok() const { return failure_ == nullptr; }
  void fail(const char* reason) {
    if (failure_ == nullptr) failure_ = reason;
  }
  [[nodiscard]] Error error(std::string_view what) const;

  template <std::integral T>
  void integer(T value) {
    store_big(out_.extend(sizeof value), value);
  }
  void i8(std::int8_t value) { integer(value); }
  void i16(std::int16_t value) { integer(value); }
  void i32(std::int32_t value) { integer(value); }
  void i64(std::int64_t value) { integer(value); }
  void uvarint(std::uint64_t value);
  void varint(std::int64_t value) { uvarint(zigzag(value)); }  // also varlong: the form is the same
  void raw(ByteView bytes) { out_.append(bytes); }

  void length(Prefix prefix, std::optional<std::size_t> size);
  void bytes(Prefix prefix, std::optional<ByteView> value);
  void records(Prefix prefix, const Records& value);

  // Of this writer, without external slices and with them.
  [[nodiscard]] std::size_t written() const { return out_.size() - start_; }
  [[nodiscard]] std::size_t written_with_slices() const { return written() + slice_bytes_; }
  // Positions count from the buffer's first byte, ascending.
  [[nodiscard]] const std::vector<ExternalSlice>& slices() const { return slices_; }
  [[nodiscard]] std::vector<ExternalSlice> take_slices() { return std::move(slices_); }
  [[nodiscard]] Buffer& buffer() { return out_; }

 private:
  Buffer& out_;
  std::size_t start_;
  std::size_t slice_bytes_ = 0;
  std::vector<ExternalSlice> slices_;
  const char* failure_ = nullptr;
};

}  // namespace antiphon::kafka::wire
