// Where our own programs lie.
#pragma once

#include <string>

namespace antiphon::cli {

// The full path of `name` in the folder that this program lies in.
std::string sibling_program(const std::string& name);

}  // namespace antiphon::cli
