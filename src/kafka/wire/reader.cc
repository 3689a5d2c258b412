#include "kafka/wire/reader.h"

#include <fmt/format.h>

namespace antiphon::kafka::wire {
namespace {

// Little-endian groups of seven bits, the high bit says "more". `bits` is the width of the type.
template <class U>
U read_groups(Reader& in, int bits) {
  U value = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in.i8());
    value |= static_cast<U>(static_cast<U>(byte & 0x7f) << shift);
    if ((byte & 0x80) == 0) return value;
  }
  in.fail("a variable-length number does not end");
  return 0;
}

}  // namespace

void Reader::fail(const char* reason) {
  if (failure_ == nullptr) {
    failure_ = reason;
    failed_at_ = position();
  }
  at_ = end_;
}

Error Reader::error(std::string_view what) const {
  return make_error(ErrorKind::kInvalidInput,
                    fmt::format("{}: {} at byte {} of {}", what, failure_ == nullptr ? "malformed" : failure_,
                                failed_at_, static_cast<std::size_t>(end_ - begin_)));
}

std::uint32_t Reader::uvarint() { return read_groups<std::uint32_t>(*this, 32); }

std::int32_t Reader::varint() {
  const std::uint32_t raw = read_groups<std::uint32_t>(*this, 32);
  return static_cast<std::int32_t>((raw >> 1) ^ (0U - (raw & 1U)));
}

std::int64_t Reader::varlong() {
  const std::uint64_t raw = read_groups<std::uint64_t>(*this, 64);
  return static_cast<std::int64_t>((raw >> 1) ^ (std::uint64_t{0} - (raw & 1U)));
}

ByteView Reader::take(std::size_t size) {
  if (remaining() < size) [[unlikely]] {
    fail("a length points past the end");
    return {};
  }
  const ByteView view{at_, size};
  at_ += size;
  return view;
}

std::optional<std::size_t> Reader::length(Prefix prefix, bool null_allowed) {
  std::int64_t value = 0;
  if (prefix == Prefix::kInt16) value = i16();
  if (prefix == Prefix::kInt32) value = i32();
  if (prefix == Prefix::kCompact) value = std::int64_t{uvarint()} - 1;
  if (!ok()) return std::nullopt;
  if (value >= 0) return static_cast<std::size_t>(value);
  if (value < -1) fail("a length is negative");
  if (!null_allowed) fail("null where a value must be");
  return std::nullopt;
}

std::optional<ByteView> Reader::bytes(Prefix prefix, bool null_allowed) {
  const auto size = length(prefix, null_allowed);
  if (!size) return std::nullopt;
  return take(*size);
}

std::size_t Reader::admit_array(std::size_t count, std::size_t element_bytes) {
  if (count > remaining()) {
    fail("an array is longer than the message");
    return 0;
  }
  array_bytes_ += count * element_bytes;
  if (array_bytes_ > kDecodedArrayBytesMax) {
    fail("the arrays are too large");
    return 0;
  }
  return count;
}

void Reader::skip_tags() {
  const std::uint32_t count = uvarint();
  for (std::uint32_t i = 0; i < count && ok(); ++i) {
    (void)uvarint();
    (void)take(uvarint());
  }
}

}  // namespace antiphon::kafka::wire
