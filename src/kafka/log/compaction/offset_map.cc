#include "kafka/log/compaction/offset_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/sha256.h"

namespace antiphon::kafka::log {
namespace {

std::array<std::uint64_t, 3> hash_of(ByteView key) {
  const Sha256Digest digest = sha256(key);
  std::array<std::uint64_t, 3> hash{};
  std::memcpy(hash.data(), digest.data(), sizeof hash);
  return hash;
}

}  // namespace

OffsetMap::OffsetMap(std::uint64_t keys_expected, std::size_t bytes_max) {
  static_assert(sizeof(Slot) == 32);
  const std::size_t most = std::bit_floor(std::max(bytes_max, kOffsetMapBytesMin)) / sizeof(Slot);
  const std::size_t least = kOffsetMapBytesMin / sizeof(Slot);
  const std::uint64_t wanted = std::min<std::uint64_t>(keys_expected, most) / 3 * 4 + 4;
  slots_.resize(std::clamp(static_cast<std::size_t>(std::bit_ceil(wanted)), least, most));
}

std::size_t OffsetMap::find(const std::array<std::uint64_t, 3>& hash) const {
  const std::size_t mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash[0]) & mask;
  while (slots_[at].offset >= 0 && slots_[at].hash != hash) at = (at + 1) & mask;
  return at;
}

bool OffsetMap::put(ByteView key, Offset offset) {
  const auto hash = hash_of(key);
  Slot& slot = slots_[find(hash)];
  if (slot.offset < 0) {
    if (size_ >= capacity()) return false;
    ++size_;
    slot.hash = hash;
  }
  slot.offset = offset.value();
  return true;
}

std::optional<Offset> OffsetMap::newest(ByteView key) const {
  const Slot& slot = slots_[find(hash_of(key))];
  return slot.offset < 0 ? std::nullopt : std::optional(Offset(slot.offset));
}

}  // namespace antiphon::kafka::log
