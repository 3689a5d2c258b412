#include "core/uuid.h"

#include <array>
#include <cctype>

#include "core/bytes.h"

namespace antiphon {
namespace {

std::string text_of(std::array<std::byte, 16> raw, unsigned version) {
  raw[6] = (raw[6] & std::byte{0x0f}) | std::byte(version << 4);
  raw[8] = (raw[8] & std::byte{0x3f}) | std::byte{0x80};
  std::string text = to_hex(raw);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::array<std::byte, 16> random_bytes(Random& random) {
  std::array<std::byte, 16> raw{};
  for (std::size_t i = 0; i < raw.size(); i += 8) {
    const std::uint64_t word = random.next();
    for (std::size_t j = 0; j < 8; ++j) raw[i + j] = std::byte((word >> (8 * j)) & 0xff);
  }
  return raw;
}

}  // namespace

std::string make_uuid_v4(Random& random) { return text_of(random_bytes(random), 4); }

std::string make_uuid_v7(WallTime now, Random& random) {
  auto raw = random_bytes(random);
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(now));
  for (std::size_t i = 0; i < 6; ++i) raw[i] = std::byte((ms >> (8 * (5 - i))) & 0xff);
  return text_of(raw, 7);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

bool is_uuid_v7(std::string_view text) {
  return is_uuid(text) && text[14] == '7' && std::string_view("89abAB").find(text[19]) != std::string_view::npos;
}

}  // namespace antiphon
