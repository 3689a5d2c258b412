#include "speech/text/readability.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>

#include "speech/text/code_point.h"
#include "speech/text/rules_file.h"
#include "speech/text/splitter.h"

namespace antiphon::text {
namespace {

constexpr UChar32 kEthiopicWordSpace = 0x1361;
constexpr std::u32string_view kMarkupMarks = U"<>{}[]|\\^`~#*_=";
constexpr std::u32string_view kSpokenSymbols = U"@&%/+";  // punctuation for Unicode, yet read in more than one way
constexpr std::int32_t kScriptsMax = 8;

// What the sentence is made of, seen once from its first character to its last.
struct Scan {
  std::uint32_t chars = 0;
  std::uint32_t words = 0;
  bool invalid = false, control = false, markup = false, digit = false, wrong_script = false, symbol = false,
       letter = false;
};

class Scripts {
 public:
  explicit Scripts(const Locale& locale) {
    look_up(locale.tag());
    if (count_ == 0 && !locale.script().empty()) look_up("und_" + locale.script());
  }
  // A language whose writing nobody knows takes any letter.
  [[nodiscard]] bool takes(UChar32 c) const {
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    if (count_ == 0 || script == USCRIPT_COMMON || script == USCRIPT_INHERITED) return true;
    return std::any_of(codes_.begin(), codes_.begin() + count_,
                       [&](UScriptCode code) { return uscript_hasScript(c, code) != 0; });
  }

 private:
  // Several for Japanese; the tag's own where it names one (sr-Latn).
  void look_up(const std::string& name) {
    UErrorCode status = U_ZERO_ERROR;
    count_ = uscript_getCode(name.c_str(), codes_.data(), kScriptsMax, &status);
    if (U_FAILURE(status) || count_ > kScriptsMax) count_ = 0;
  }

  std::array<UScriptCode, kScriptsMax> codes_{};
  std::int32_t count_ = 0;
};

void classify(UChar32 c, const Scripts& scripts, Scan& scan) {
  const std::uint32_t mask = U_GET_GC_MASK(c);
  const auto is_in = [&](std::u32string_view set) {
    return set.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
  };
  if ((mask & (U_GC_L_MASK | U_GC_M_MASK)) != 0) {
    scan.letter = scan.letter || (mask & U_GC_L_MASK) != 0;
    if (!scripts.takes(c)) scan.wrong_script = true;
  } else if ((mask & U_GC_N_MASK) != 0) {
    scan.digit = true;
  } else if (is_in(kMarkupMarks)) {
    scan.markup = true;
  } else if ((mask & U_GC_S_MASK) != 0 || is_in(kSpokenSymbols)) {
    scan.symbol = true;
  } else if ((mask & U_GC_CF_MASK) != 0 && (c == 0x200C || c == 0x200D)) {
    return;  // joiners: part of how a word is written
  } else if ((mask & (U_GC_C_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK)) != 0) {
    scan.control = true;
  }
}

Scan scan_text(const Rules& rules, const Scripts& scripts, std::string_view text) {
  Scan scan;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const UChar32 c = next_code_point(text, at);
    if (c < 0) {
      scan.invalid = true;
      return scan;
    }
    ++scan.chars;
    const bool space = u_isUWhiteSpace(c) != 0 || c == kEthiopicWordSpace;
    if (!space && !in_word) ++scan.words;
    in_word = !space;
    if (rules.allowed.find(static_cast<char32_t>(c)) == std::u32string::npos) classify(c, scripts, scan);
  }
  return scan;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// A scheme, www., a mail address, or two Latin words joined by a full stop of which the second could be a domain.
bool holds_url(std::string_view text) {
  if (text.find("://") != std::string_view::npos || text.find("www.") != std::string_view::npos) return true;
  for (std::size_t at = text.find_first_of("@."); at != std::string_view::npos; at = text.find_first_of("@.", at + 1)) {
    std::size_t before = at, after = at + 1;
    while (before > 0 && is_host_char(text[before - 1])) --before;
    while (after < text.size() && (text[at] == '@' ? is_host_char(text[after]) : is_lower(text[after]))) ++after;
    if (at - before >= 2 && after - at > 2) return true;
  }
  return false;
}

// An HTML or XML entity: &amp; &#160; - a lone & is a symbol.
bool holds_entity(std::string_view text) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && (is_host_char(text[end]) || text[end] == '#')) ++end;
    if (end > at + 1 && end < text.size() && text[end] == ';') return true;
  }
  return false;
}

}  // namespace

Result<> Rules::validate() const {
  if (chars_min > chars_max || words_min > words_max || chars_max == 0 || words_max == 0) {
    return make_error(ErrorKind::kConfig, "a minimum of characters or words is above its maximum");
  }
  return {};
}

const Rules& Readability::rules_for(const Locale& locale) const {
  std::string_view tag = locale.tag();
  for (;;) {
    const auto found = by_tag_.find(tag);
    if (found != by_tag_.end()) return found->second;
    const std::size_t hyphen = tag.rfind('-');
    if (hyphen == std::string_view::npos) return general_;
    tag = tag.substr(0, hyphen);
  }
}

std::optional<std::string_view> Readability::why_not(const Locale& locale, std::string_view text) const {
  const Rules& rules = rules_for(locale);
  if (text.empty()) return reason::kEmpty;
  if (text.size() > kSentenceBytesMax) return reason::kTooLong;
  const Scan scan = scan_text(rules, Scripts(locale), text);
  if (scan.invalid) return reason::kInvalidUtf8;
  if (scan.control) return reason::kControl;
  if (!rules.urls && holds_url(text)) return reason::kUrl;
  if (!rules.markup && (scan.markup || holds_entity(text))) return reason::kMarkup;
  if (!rules.digits && scan.digit) return reason::kDigit;
  if (!rules.symbols && scan.symbol) return reason::kSymbol;
  if (!rules.any_script && scan.wrong_script) return reason::kWrongScript;
  if (!scan.letter) return reason::kNoLetter;
  if (scan.chars < rules.chars_min || scan.words < rules.words_min) return reason::kTooShort;
  if (scan.chars > rules.chars_max || scan.words > rules.words_max) return reason::kTooLong;
  return std::nullopt;
}

Result<Readability> Readability::parse(std::string_view toml, std::string_view file_name) {
  ANTIPHON_TRY(tables, parse_rules_file(toml, file_name));
  Readability readability;
  readability.general_ = std::move(tables.general);
  readability.by_tag_ = std::move(tables.by_tag);
  return readability;
}

Result<Readability> Readability::load(FileSystem& fs, const std::string& path) {
  ANTIPHON_TRY(bytes, read_file(fs, path, kRulesFileBytesMax));
  return parse(as_text(bytes), path);
}

}  // namespace antiphon::text
