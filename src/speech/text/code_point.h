// One character after the other of a UTF-8 text.
#pragma once

#include <cstdint>
#include <string_view>

namespace antiphon::text {

// The code point at `at`, which moves behind it; negative where the bytes are ill-formed. `at` must be below
// text.size(), and the text shorter than 2 GiB.
std::int32_t next_code_point(std::string_view text, std::size_t& at);

}  // namespace antiphon::text
