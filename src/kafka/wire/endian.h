// Big-endian integers at any address, as Kafka's protocol and log write them.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace antiphon::kafka::wire {

template <std::integral T>
[[nodiscard]] constexpr T byte_swapped(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

// The caller has checked that sizeof(T) bytes are there.
template <std::integral T>
[[nodiscard]] T load_big(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return byte_swapped(value);
}

template <std::integral T>
void store_big(std::byte* to, T value) {
  value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

static_assert(std::endian::native == std::endian::little, "byte_swapped() is for little-endian machines");

}  // namespace antiphon::kafka::wire
