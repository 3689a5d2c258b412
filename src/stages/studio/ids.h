// Ids as 16 bytes instead of 26 or 36 characters: the studio keeps one for every sentence and every take there ever
// was.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace antiphon::studio {

struct Id128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Id128&, const Id128&) = default;
};

// Any UUID, either case; the text comes back in lower case.
std::optional<Id128> id_of_uuid(std::string_view text);
std::string uuid_of_id(const Id128& id);
// 26 digits of Crockford base32, as prompt ids are written.
std::optional<Id128> id_of_prompt(std::string_view text);
std::string prompt_of_id(const Id128& id);

using Sha256Bytes = std::array<std::byte, 32>;
// 64 hexadecimal digits in lower case.
std::optional<Sha256Bytes> sha256_of_hex(std::string_view text);

}  // namespace antiphon::studio

template <>
struct std::hash<antiphon::studio::Id128> {
  // Prompt ids are hashes; of UUIDs at least the low half is random. An attacker chooses recording ids, so the halves
  // are mixed.
  std::size_t operator()(const antiphon::studio::Id128& id) const noexcept {
    std::uint64_t x = id.high * 0x9E3779B97F4A7C15U ^ id.low;
    x ^= x >> 32;
    return static_cast<std::size_t>(x * 0xD6E8FEB86659FD93U);
  }
};
