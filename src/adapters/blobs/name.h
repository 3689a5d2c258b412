// Names of objects: what every store accepts, whatever lies behind it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace antiphon::blobs {

constexpr std::size_t kNameBytesMax = 1024;      // S3's own maximum for a whole key
constexpr std::size_t kComponentBytesMax = 255;  // Linux' NAME_MAX

// 1 .. kNameBytesMax bytes, components between '/' of 1 .. kComponentBytesMax, none '.' or '..', no NUL. kInvalidInput
// otherwise; the message holds the length but never the name, which may come from anywhere.
Result<> check_name(std::string_view name);

// "a/b/c" -> a, b, c: views into `name`, which check_name has passed.
std::vector<std::string_view> components_of(std::string_view name);

}  // namespace antiphon::blobs
