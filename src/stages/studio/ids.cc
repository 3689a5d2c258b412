#include "stages/studio/ids.h"

#include "core/bytes.h"
#include "core/crockford.h"
#include "core/uuid.h"

namespace antiphon::studio {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint64_t crockford_digit(char c) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return kAlphabet.find(c);
}

std::array<std::byte, 16> bytes_of(const Id128& id) {
  std::array<std::byte, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::byte>(id.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::byte>(id.low >> (56 - 8 * i));
  }
  return bytes;
}

}  // namespace

std::optional<Id128> id_of_uuid(std::string_view text) {
  if (!is_uuid(text)) return std::nullopt;
  Id128 id;
  for (const char c : text) {
    if (c == '-') continue;
    id.high = id.high << 4 | id.low >> 60;
    id.low = id.low << 4 | static_cast<std::uint64_t>(hex_digit(c));
  }
  return id;
}

std::string uuid_of_id(const Id128& id) {
  std::string text = to_hex(bytes_of(id));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::optional<Id128> id_of_prompt(std::string_view text) {
  if (!is_crockford_128(text)) return std::nullopt;
  Id128 id;
  for (const char c : text) {
    id.high = id.high << 5 | id.low >> 59;
    id.low = id.low << 5 | crockford_digit(c);
  }
  return id;
}

std::string prompt_of_id(const Id128& id) { return crockford_128(bytes_of(id)); }

std::optional<Sha256Bytes> sha256_of_hex(std::string_view text) {
  if (text.size() != 64) return std::nullopt;
  Sha256Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return bytes;
}

}  // namespace antiphon::studio
