// Which offset of a key is the newest: the cleaner's memory, of a fixed size.
//
// A key is kept as 24 bytes of its SHA-256. A collision would lose a record, so it must not be found by chance (2^-96
// for a billion keys) nor on purpose (2^96 hashes; Kafka's MD5 can be made to collide in seconds).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.h"
#include "core/types.h"

namespace antiphon::kafka::log {

constexpr std::size_t kOffsetMapBytesMax = std::size_t{16} << 20;  // 393,216 keys; then a pass ends early
constexpr std::size_t kOffsetMapBytesMin = std::size_t{4} << 10;

class OffsetMap {
 public:
  // Takes as much memory as `keys_expected` need, at most `bytes_max`, and at once.
  explicit OffsetMap(std::uint64_t keys_expected, std::size_t bytes_max = kOffsetMapBytesMax);

  // The key stands at this offset, which is not below those it was put with before. False: there is no room.
  [[nodiscard]] bool put(ByteView key, Offset offset);
  // Nothing: the key was never put.
  [[nodiscard]] std::optional<Offset> newest(ByteView key) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return slots_.size() / 4 * 3; }
  [[nodiscard]] std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::array<std::uint64_t, 3> hash{};
    std::int64_t offset = -1;  // -1: free
  };
  // Where the hash stands, or the free slot where it would.
  [[nodiscard]] std::size_t find(const std::array<std::uint64_t, 3>& hash) const;

  std::vector<Slot> slots_;  // a power of two; at most three quarters are in use
  std::size_t size_ = 0;
};

}  // namespace antiphon::kafka::log
