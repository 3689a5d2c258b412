#include "stages/studio/locale_names.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

namespace antiphon::studio {

std::string name_of_locale(const std::string& tag) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = icu::Locale::forLanguageTag(tag, status);
  if (U_FAILURE(status)) return tag;
  icu::UnicodeString name;
  locale.getDisplayName(locale, name);
  std::string utf8;
  name.toUTF8String(utf8);
  return utf8.empty() ? tag : utf8;
}

}  // namespace antiphon::studio
