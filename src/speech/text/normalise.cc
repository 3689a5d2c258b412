#include "speech/text/normalise.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <limits>
#include <span>

#include "core/crockford.h"
#include "core/sha256.h"
#include "speech/text/code_point.h"

namespace antiphon::text {
namespace {

constexpr UChar32 kEthiopicWordSpace = 0x1361;
constexpr UChar32 kEthiopicFullStop = 0x1362;
constexpr std::size_t kTextBytesMax = 1024UL * 1024;

// Marks that nobody sees or hears. ZWJ and ZWNJ are not among them: they change letters.
bool is_zero_width(UChar32 c) { return c == 0x200B || c == 0x2060 || c == 0xFEFF || c == 0x00AD; }

// White space in Unicode's sense covers line feed, tab, no-break and ideographic spaces, line and paragraph separators.
bool is_space(UChar32 c) { return u_isUWhiteSpace(c) != 0; }

// Blanks collapsed and trimmed, zero-width marks removed, two word spaces as a full stop.
icu::UnicodeString tidy(const icu::UnicodeString& source) {
  icu::UnicodeString out;
  bool blank = false;
  for (std::int32_t i = 0; i < source.length();) {
    const UChar32 c = source.char32At(i);
    i += U16_LENGTH(c);
    if (is_zero_width(c)) continue;
    if (is_space(c)) {
      blank = true;
      continue;
    }
    if (blank && !out.isEmpty()) out.append(u' ');
    const bool second = c == kEthiopicWordSpace && !blank && !out.isEmpty() &&
                        out.charAt(out.length() - 1) == static_cast<char16_t>(kEthiopicWordSpace);
    blank = false;
    if (second) {
      out.setCharAt(out.length() - 1, static_cast<char16_t>(kEthiopicFullStop));
    } else {
      out.append(c);
    }
  }
  return out;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return false;
  for (std::size_t at = 0; at < bytes.size();) {
    if (next_code_point(bytes, at) < 0) return false;
  }
  return true;
}

Result<std::string> normalise(std::string_view utf8) {
  if (utf8.size() > kTextBytesMax) return make_error(ErrorKind::kLimit, "line-too-long");
  if (!is_valid_utf8(utf8)) return make_error(ErrorKind::kInvalidInput, "invalid-utf8");
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) return make_error(ErrorKind::kInternal, "ICU has no data for NFC");
  // Tidy first: a mark that was removed may have stood between a letter and its accent.
  const icu::UnicodeString tidied =
      tidy(icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size()))));
  const icu::UnicodeString composed = nfc->normalize(tidied, status);
  if (U_FAILURE(status)) return make_error(ErrorKind::kInternal, "ICU could not normalise");
  std::string out;
  composed.toUTF8String(out);
  return out;
}

PromptId prompt_id(const Locale& locale, std::string_view text) {
  const Sha256Digest digest = sha256(as_bytes(std::string(locale.tag()).append("\n").append(text)));
  return PromptId(crockford_128(std::span(digest).first<16>()));
}

}  // namespace antiphon::text
