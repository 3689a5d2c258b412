#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

#include "cli/command.h"
#include "cli/version.h"
#include "core/result.h"

namespace antiphon::cli {
namespace {

void print_overview(std::FILE* out, std::span<const Command> commands) {
  fmt::print(out, "Antiphon {} collects read speech as events on Kafka.\n\nusage: antiphon COMMAND [options]\n\n",
             kVersion);
  for (const Command& command : commands) fmt::print(out, "  {:<10} {}\n", command.name, command.summary);
  fmt::print(out,
             "\nantiphon COMMAND --help explains each. To begin:\n"
             "  antiphon up --corpus file:///path/to/sw-sentences.txt --archive file:///path/to/voices\n");
}

// Edit distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

int unknown(std::string_view name, std::span<const Command> commands) {
  const auto nearest = std::min_element(commands.begin(), commands.end(), [&](const Command& a, const Command& b) {
    return distance(name, a.name) < distance(name, b.name);
  });
  fmt::print(stderr, "antiphon: there is no command '{}'", name);
  if (distance(name, nearest->name) <= 2) fmt::print(stderr, "; did you mean '{}'?", nearest->name);
  fmt::print(stderr, "\nTry 'antiphon --help'.\n");
  return exit_code(ErrorKind::kUsage);
}

}  // namespace

int dispatch(int argc, char** argv, std::span<const Command> commands) {
  const Arguments arguments(argv + std::min(argc, 2), argv + argc);
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name.empty()) {
    print_overview(stderr, commands);
    return exit_code(ErrorKind::kUsage);
  }
  if (name == "--help" || name == "-h" || name == "help") {
    print_overview(stdout, commands);
    return 0;
  }
  if (name == "--version" || name == "version") {
    fmt::print("antiphon {}\n", kVersion);
    return 0;
  }
  const auto it = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
  return it == commands.end() ? unknown(name, commands) : it->run(arguments);
}

}  // namespace antiphon::cli
