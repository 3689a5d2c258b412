// Any bytes as a line of JSON, any path (what stands before the first line feed) into it.
#include <cstdint>
#include <cstdlib>

#include "stages/select/json_field.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto line_feed = bytes.find('\n');
  if (line_feed == std::string_view::npos) return 0;
  const auto field = antiphon::select::extract_json_field(bytes.substr(line_feed + 1), bytes.substr(0, line_feed));
  if (!field.problem.empty() && !field.text.empty()) std::abort();
  if (field.text.size() > size) std::abort();
  return 0;
}
