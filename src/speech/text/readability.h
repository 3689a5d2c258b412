// Which sentences a person can read aloud. Rules from a TOML file; every refusal has a stable label to count by.
//
//   chars_max = 200                    # for every locale
//   allowed = "%&"                     # characters that are fine although a rule would refuse them
//   [locale.am]                        # and what is different for one
//   words_max = 20
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/result.h"
#include "speech/text/locale.h"

namespace antiphon::text {

// The labels, as they stand in counts and in the corpus state.
namespace reason {
inline constexpr std::string_view kInvalidUtf8 = "invalid-utf8";
inline constexpr std::string_view kLineTooLong = "line-too-long";  // over kSentenceBytesMax
inline constexpr std::string_view kEmpty = "empty";
inline constexpr std::string_view kTooShort = "too-short";
inline constexpr std::string_view kTooLong = "too-long";
inline constexpr std::string_view kControl = "control-character";
inline constexpr std::string_view kUrl = "url";
inline constexpr std::string_view kMarkup = "markup";
inline constexpr std::string_view kDigit = "digit";
inline constexpr std::string_view kWrongScript = "wrong-script";
inline constexpr std::string_view kSymbol = "symbol";
inline constexpr std::string_view kNoLetter = "no-letter";
}  // namespace reason

// One locale's rules. Characters are code points after NFC; words are what blanks (and U+1361) separate.
struct Rules {
  std::uint32_t chars_min = 2;
  std::uint32_t chars_max = 200;
  std::uint32_t words_min = 1;
  std::uint32_t words_max = 30;
  bool digits = false;      // true: may hold digits and numerals
  bool urls = false;        // true: may hold URLs, host names and mail addresses
  bool markup = false;      // true: may hold tags, entities, wiki and Markdown marks
  bool symbols = false;     // true: may hold symbols: currency, arrows, emoji, @ & % + /
  bool any_script = false;  // true: letters of any writing, not only the locale's own
  std::u32string allowed;   // always fine, whatever the rules above say

  [[nodiscard]] Result<> validate() const;
  friend bool operator==(const Rules&, const Rules&) = default;
};

class Readability {
 public:
  Readability() = default;  // the defaults above for every locale
  // kConfig with line and key: unknown keys, wrong types and impossible bounds fail.
  static Result<Readability> parse(std::string_view toml, std::string_view file_name);
  static Result<Readability> load(FileSystem& fs, const std::string& path);

  // Those of the tag, else of its language alone, else the general ones.
  [[nodiscard]] const Rules& rules_for(const Locale& locale) const;
  // Nothing when `text`, as normalise() gave it, can be read aloud; else the first reason why not.
  [[nodiscard]] std::optional<std::string_view> why_not(const Locale& locale, std::string_view text) const;

 private:
  Rules general_;
  std::map<std::string, Rules, std::less<>> by_tag_;
};

}  // namespace antiphon::text
