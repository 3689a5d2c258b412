#include "kafka/wire/writer.h"

#include <fmt/format.h>

#include <limits>

namespace antiphon::kafka::wire {

Error Writer::error(std::string_view what) const {
  return make_error(ErrorKind::kLimit, fmt::format("{}: {}", what, failure_ == nullptr ? "no failure" : failure_));
}

void Writer::uvarint(std::uint64_t value) {
  std::byte* at = out_.extend(uvarint_size(value));
  while (value >= 0x80) {
    *at++ = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  *at = static_cast<std::byte>(value);
}

void Writer::length(Prefix prefix, std::optional<std::size_t> size) {
  constexpr std::size_t kInt16Max = std::numeric_limits<std::int16_t>::max();
  constexpr std::size_t kInt32Max = std::numeric_limits<std::int32_t>::max();
  if (size && *size > (prefix == Prefix::kInt16 ? kInt16Max : kInt32Max)) {
    fail("a length does not fit its field");
    size = 0;
  }
  if (prefix == Prefix::kInt16) i16(size ? static_cast<std::int16_t>(*size) : std::int16_t{-1});
  if (prefix == Prefix::kInt32) i32(size ? static_cast<std::int32_t>(*size) : -1);
  if (prefix == Prefix::kCompact) uvarint(size ? *size + 1 : 0);
}

void Writer::bytes(Prefix prefix, std::optional<ByteView> value) {
  length(prefix, value ? std::optional(value->size()) : std::nullopt);
  if (value && ok()) raw(*value);
}

void Writer::records(Prefix prefix, const Records& value) {
  length(prefix, value.is_null() ? std::nullopt : std::optional(value.size()));
  if (!ok()) return;
  raw(value.bytes());
  if (!value.is_external() || value.size() == 0) return;
  slices_.push_back({out_.size(), value.handle(), value.size()});
  slice_bytes_ += value.size();
}

}  // namespace antiphon::kafka::wire
