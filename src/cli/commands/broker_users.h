// antiphon broker --add-user NAME, --remove-user NAME: the users' file of a data folder, whether its broker runs or
// not.
#pragma once

#include <string>

#include "core/result.h"

namespace antiphon::cli {

// The password comes from standard input: its first line, or asked for twice on a terminal. One that exists gets the
// new password.
Result<> add_broker_user(const std::string& data_dir, const std::string& name);
Result<> remove_broker_user(const std::string& data_dir, const std::string& name);

}  // namespace antiphon::cli
