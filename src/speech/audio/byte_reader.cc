#include "speech/audio/byte_reader.h"

#include <algorithm>

namespace antiphon::audio {

std::optional<ByteView> ByteReader::take(std::uint64_t count) {
  if (count > remaining()) return std::nullopt;
  return take_up_to(count);
}

ByteView ByteReader::take_up_to(std::uint64_t count) {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(count, remaining()));
  const ByteView taken = bytes_.subspan(at_, length);
  at_ += length;
  return taken;
}

bool ByteReader::skip(std::uint64_t count) { return take_up_to(count).size() == count; }

std::optional<std::uint64_t> ByteReader::big_endian(std::size_t count) {
  const auto taken = take(count);
  if (!taken) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::byte byte : *taken) number = (number << 8U) | std::to_integer<std::uint64_t>(byte);
  return number;
}

std::optional<std::uint64_t> ByteReader::little_endian(std::size_t count) {
  const auto taken = take(count);
  if (!taken) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = taken->size(); i-- > 0;) number = (number << 8U) | std::to_integer<std::uint64_t>((*taken)[i]);
  return number;
}

}  // namespace antiphon::audio
