#include "events/shapes.h"

#include <algorithm>
#include <charconv>

#include "core/crockford.h"
#include "core/uuid.h"
#include "events/event.h"

namespace antiphon::events {
namespace {

constexpr std::size_t kLocaleCharsMax = 35;  // RFC 5646 section 4.4.1
constexpr std::size_t kSubtagCharsMax = 8;
constexpr std::size_t kContentTypeCharsMax = 128;
constexpr std::string_view kStartPrefix = "start/";

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_alpha(c) || (c >= '0' && c <= '9'); }
bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// RFC 3629: the length of the well-formed character at the start of `text`; 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_prompt_id(std::string_view text) { return is_crockford_128(text); }
bool is_recording_id(std::string_view text) { return is_uuid_v7(text) && !has_upper(text); }
bool is_plain_uuid(std::string_view text) { return is_uuid(text) && !has_upper(text); }

bool is_locale_shape(std::string_view text) {
  if (text.size() < 2 || text.size() > kLocaleCharsMax || !is_alpha(text.front()) || !is_alpha(text[1])) return false;
  std::size_t subtag = 0;
  for (const char c : text) {
    if (c == '-') {
      if (subtag == 0) return false;
      subtag = 0;
    } else if (!is_alnum(c) || ++subtag > kSubtagCharsMax) {
      return false;
    }
  }
  return subtag > 0;
}

bool is_consent_version(std::string_view text) {
  return !text.empty() && text.size() <= kConsentVersionCharsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), is_lower_hex);
}

bool is_audio_type(std::string_view text) {
  constexpr std::string_view kPrefix = "audio/";
  return text.size() <= kContentTypeCharsMax && text.starts_with(kPrefix) && text.size() > kPrefix.size() &&
         is_lower_alnum(text[kPrefix.size()]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_corpus_id(std::string_view text) {
  return !text.empty() && text.size() <= kCorpusIdBytesMax && !text.starts_with(kStartPrefix) && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c <= 0x20) || c == 0x7f; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t maximum) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > maximum) return std::nullopt;
  return number;
}

}  // namespace antiphon::events
