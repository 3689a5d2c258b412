// A language tag that means something: canonical BCP 47, by ICU.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon::text {

enum class Direction : std::uint8_t { kLeftToRight, kRightToLeft };
std::string_view to_string(Direction direction);  // ltr, rtl: the values of HTML's dir attribute

constexpr std::size_t kLocaleCharsMax = 35;  // RFC 5646 section 4.4.1

// A value: made by parse_locale only, so a Locale in hand is canonical.
class Locale {
 public:
  [[nodiscard]] const std::string& tag() const { return tag_; }  // sw, am, sr-Latn, pt-BR
  [[nodiscard]] const std::string& script() const {
    return script_;
  }  // ISO 15924 of its usual writing: Latn, Ethi, Arab
  [[nodiscard]] Direction direction() const { return direction_; }
  friend bool operator==(const Locale&, const Locale&) = default;

 private:
  friend Result<Locale> parse_locale(std::string_view tag);
  std::string tag_;
  std::string script_;
  Direction direction_ = Direction::kLeftToRight;
};

// `SW`, `swh`, `am_ET`, `iw` become sw, sw, am-ET, he; extensions (-u-, -x-) are refused. kInvalidInput with the cure
// otherwise; a language that ICU has no data for is accepted when it is well-formed (its script is then empty unless
// the tag says it).
Result<Locale> parse_locale(std::string_view tag);

}  // namespace antiphon::text
