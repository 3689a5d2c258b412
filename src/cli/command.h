// A subcommand: its name, one line for the overview, and what it does with the arguments behind its name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace antiphon::cli {

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Arguments& arguments);  // the exit code (sysexits)
};

// The commands of this program, in the order of the overview.
std::span<const Command> commands();

// Finds and runs argv[1]; help, version and a near miss are answered here.
int dispatch(int argc, char** argv, std::span<const Command> commands);

}  // namespace antiphon::cli
