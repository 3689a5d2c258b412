#include "speech/text/code_point.h"

#include <unicode/utf8.h>

namespace antiphon::text {

// ICU's macro computes in int what it stores in uint8_t.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  std::int32_t code_point = 0;
  U8_NEXT(text.data(), at, text.size(), code_point);
  return code_point;
}
#pragma GCC diagnostic pop

}  // namespace antiphon::text
