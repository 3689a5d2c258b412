// What the speakers of a language call it: sw is Kiswahili, am is አማርኛ. The tag itself where ICU does not know.
#pragma once

#include <string>

namespace antiphon::studio {

std::string name_of_locale(const std::string& tag);

}  // namespace antiphon::studio
