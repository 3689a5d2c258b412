// UUIDs as text (RFC 9562): 36 lower-case characters with hyphens.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/random.h"

namespace antiphon {

// Random, version 4.
std::string make_uuid_v4(Random& random);
// Time-ordered, version 7: 48 bits of Unix milliseconds, then random.
std::string make_uuid_v7(WallTime now, Random& random);

// 8-4-4-4-12 hexadecimal digits, either case, any version.
bool is_uuid(std::string_view text);
// The same and version 7, variant 10.
bool is_uuid_v7(std::string_view text);

}  // namespace antiphon
