// Whatever stands in a request line: parsing ends, and no segment can name another folder.
#include <cstdlib>

#include "adapters/http/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = antiphon::http::parse_target(text);
  if (target) {
    for (const std::string& segment : target->segments) {
      if (segment.empty() || segment == "." || segment == ".." || segment.find('/') != std::string::npos) std::abort();
    }
    if (target->segments.size() > antiphon::http::kPathSegmentsMax) std::abort();
    if (target->query.parameters().size() > antiphon::http::kQueryParametersMax) std::abort();
  }
  const auto decoded = antiphon::http::percent_decode(text);
  if (decoded && decoded->size() > size) std::abort();
  return 0;
}
