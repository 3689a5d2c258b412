// Reader: Kafka's primitive types out of bytes that nobody vouches for.
//
// It never throws and never reads past the end. The first thing that does not fit makes it fail for good: from then on
// every read returns zero or empty, so that a decoder may run to its end and ask ok() once. Strings and byte fields are
// views into the input: they live as long as the buffer that was read.
//
// Lengths are checked before they are used: a string against the bytes that remain, an array against the bytes that
// remain (an element takes at least one) and, in memory, against kDecodedArrayBytesMax for the whole message.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "kafka/wire/endian.h"

namespace antiphon::kafka::wire {

// What the arrays of one message may take in memory. 100,000 partitions of a Fetch request take 9 MiB.
constexpr std::size_t kDecodedArrayBytesMax = std::size_t{64} << 20;

class Reader {
 public:
  explicit Reader(ByteView in) : begin_(in.data()), at_(in.data()), end_(in.data() + in.size()) {}

  [[nodiscard]] bool ok() const { return failure_ == nullptr; }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  // `reason` has static lifetime. The first one stays.
  void fail(const char* reason);
  // kInvalidInput with the reason and the byte at which it was found. Only when !ok().
  [[nodiscard]] Error error(std::string_view what) const;

  template <std::integral T>
  [[nodiscard]] T integer() {
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail("ends inside a number");
      return 0;
    }
    const T value = load_big<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  [[nodiscard]] std::int8_t i8() { return integer<std::int8_t>(); }
  [[nodiscard]] std::int16_t i16() { return integer<std::int16_t>(); }
  [[nodiscard]] std::int32_t i32() { return integer<std::int32_t>(); }
  [[nodiscard]] std::int64_t i64() { return integer<std::int64_t>(); }

  // At most 5 bytes; more is a failure.
  [[nodiscard]] std::uint32_t uvarint();
  // Zigzag, as in records: at most 5 and 10 bytes.
  [[nodiscard]] std::int32_t varint();
  [[nodiscard]] std::int64_t varlong();

  // Exactly `size` bytes.
  [[nodiscard]] ByteView take(std::size_t size);

  // Lengths as the protocol writes them: int16 or int32, or (compact) an unsigned varint of length + 1. Null is
  // nothing; any other negative length is a failure, and so is null where null_allowed is false.
  enum class Prefix : std::uint8_t { kInt16, kInt32, kCompact };
  [[nodiscard]] std::optional<std::size_t> length(Prefix prefix, bool null_allowed);
  [[nodiscard]] std::optional<ByteView> bytes(Prefix prefix, bool null_allowed);

  // Checks an array's length against what remains and against the memory it would take, and accounts for the latter.
  // 0 after a failure, so that a loop over it ends at once.
  [[nodiscard]] std::size_t admit_array(std::size_t count, std::size_t element_bytes);

  // Tagged fields of a struct that knows none of them.
  void skip_tags();

 private:
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  const char* failure_ = nullptr;
  std::size_t failed_at_ = 0;
  std::size_t array_bytes_ = 0;
};

}  // namespace antiphon::kafka::wire
