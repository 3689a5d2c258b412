// The TOML file behind readability.h. Unknown keys fail: a rule that is misspelt must not be a rule that is not there.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "speech/text/readability.h"

namespace antiphon::text {

constexpr std::uint64_t kRulesFileBytesMax = 1024UL * 1024;

struct RulesTables {
  Rules general;
  std::map<std::string, Rules, std::less<>> by_tag;  // each starts as a copy of `general`
};

Result<RulesTables> parse_rules_file(std::string_view toml, std::string_view file_name);

}  // namespace antiphon::text
