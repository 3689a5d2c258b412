#include "speech/text/locale.h"

#include <unicode/locid.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>

namespace antiphon::text {
namespace {

Error refusal(std::string_view why) {
  return make_error(ErrorKind::kInvalidInput,
                    std::string("not a language tag (BCP 47, such as sw, am, pt-BR, sr-Latn): ").append(why));
}

bool is_tag_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// The script that the tag names, else the one that its language is usually written in; empty where ICU knows none.
std::string script_of(const icu::Locale& locale) {
  icu::Locale likely(locale);
  UErrorCode status = U_ZERO_ERROR;
  likely.addLikelySubtags(status);
  return U_SUCCESS(status) ? likely.getScript() : locale.getScript();
}

}  // namespace

std::string_view to_string(Direction direction) { return direction == Direction::kRightToLeft ? "rtl" : "ltr"; }

Result<Locale> parse_locale(std::string_view tag) {
  if (tag.empty() || tag.size() > kLocaleCharsMax) return refusal("1 to 35 characters are wanted");
  if (!std::all_of(tag.begin(), tag.end(), is_tag_char)) return refusal("letters, digits and hyphens only");
  std::string hyphenated(tag);
  std::replace(hyphenated.begin(), hyphenated.end(), '_', '-');

  UErrorCode status = U_ZERO_ERROR;
  icu::Locale parsed = icu::Locale::forLanguageTag(hyphenated, status);
  if (U_FAILURE(status) || parsed.isBogus() || parsed.getLanguage()[0] == '\0') return refusal("it is malformed");
  const std::unique_ptr<icu::StringEnumeration> extensions(parsed.createKeywords(status));
  if (extensions != nullptr) return refusal("extensions (-u-, -x-) have no place in it");
  icu::Locale canonical = icu::Locale::createCanonical(parsed.getName());
  canonical.canonicalize(status);  // iw becomes he
  if (U_FAILURE(status)) return refusal("it is malformed");

  Locale locale;
  locale.tag_ = canonical.toLanguageTag<std::string>(status);
  // `und` is no language; a tag that came back with an extension held something ICU could not place.
  if (U_FAILURE(status) || locale.tag_.empty() || locale.tag_.starts_with("und"))
    return refusal("it names no language");
  if (locale.tag_.size() > kLocaleCharsMax || locale.tag_.find("-x-") != std::string::npos)
    return refusal("it is malformed");
  locale.script_ = script_of(canonical);
  locale.direction_ = canonical.isRightToLeft() ? Direction::kRightToLeft : Direction::kLeftToRight;
  return locale;
}

}  // namespace antiphon::text
