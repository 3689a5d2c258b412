#include "core/crockford.h"

namespace antiphon {
namespace {
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kDigits = 26;
}  // namespace

std::string crockford_128(std::span<const std::byte, 16> number) {
  // 26 digits hold 130 bits: the first two are zero, so bit i of the text is bit i - 2 of the number.
  std::string text(kDigits, '0');
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    unsigned value = 0;
    for (std::size_t bit = digit * 5; bit < digit * 5 + 5; ++bit) {
      value <<= 1;
      if (bit >= 2) value |= std::to_integer<unsigned>(number[(bit - 2) / 8] >> (7 - (bit - 2) % 8)) & 1U;
    }
    text[digit] = kAlphabet[value];
  }
  return text;
}

bool is_crockford_128(std::string_view text) {
  return text.size() == kDigits && text[0] <= '7' && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace antiphon
