// One text out of one JSON object, without building the whole: a line of JSONL in, its field out.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon::select {

constexpr std::size_t kJsonDepthMax = 64;

struct JsonField {
  std::string text;
  std::string_view problem;  // empty, malformed-json, missing-field or field-not-text
};

// `path`: a name, or names joined by dots that go from object into object; a name that itself holds dots is found too,
// at the top. Of a repeated name the last counts. Nothing outside of objects is looked into.
JsonField extract_json_field(std::string_view json, std::string_view path);

}  // namespace antiphon::select
