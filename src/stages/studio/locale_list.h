// The list of languages as GET /locales tells it (docs/formats/http.md), and as one studio reads another's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {

constexpr std::size_t kLocalesMax = 10'000;

std::string locale_list(const std::vector<LocaleCount>& counts);
// Tags and counts; names and directions are left out, since everyone knows them. kInvalidInput for what is no such
// list.
Result<std::vector<LocaleCount>> read_locale_list(std::string_view text);

}  // namespace antiphon::studio
