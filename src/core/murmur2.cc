#include "core/murmur2.h"

namespace antiphon {

std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t kMultiply = 0x5bd1e995;
  constexpr int kShift = 24;
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i])); };
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t word = at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
    word *= kMultiply;
    word ^= word >> kShift;
    word *= kMultiply;
    hash *= kMultiply;
    hash ^= word;
  }
  const std::size_t rest = key.size() - i;
  if (rest == 3) hash ^= at(i + 2) << 16;
  if (rest >= 2) hash ^= at(i + 1) << 8;
  if (rest >= 1) {
    hash ^= at(i);
    hash *= kMultiply;
  }
  hash ^= hash >> 13;
  hash *= kMultiply;
  hash ^= hash >> 15;
  return hash;
}

PartitionId partition_of(std::string_view key, std::int32_t partition_count) {
  return PartitionId(
      static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) % static_cast<std::uint32_t>(partition_count)));
}

}  // namespace antiphon
