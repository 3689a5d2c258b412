// Crockford base32 as ULID writes it: a 128-bit big-endian number in 26 upper-case digits, leading zero bits first.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace antiphon {

std::string crockford_128(std::span<const std::byte, 16> number);
// 26 digits of the alphabet, upper case, the first at most '7'.
bool is_crockford_128(std::string_view text);

}  // namespace antiphon
