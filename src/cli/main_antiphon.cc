// The program people call. It holds the broker, and only what the broker needs; every other command is in
// antiphon-stages beside it, so that the broker starts in milliseconds and maps no library of a stage.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "cli/commands.h"

namespace {

// The folder that this program lies in.
std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (size <= 0) return ".";
  const std::string full(path.data(), static_cast<std::size_t>(size));
  return full.substr(0, full.rfind('/'));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace antiphon::cli;
  if (argc > 1 && std::strcmp(argv[1], "broker") == 0) return run_broker_command({argv + 2, argv + argc});
  const std::string stages = own_folder() + "/antiphon-stages";
  ::execv(stages.c_str(), argv);
  fmt::print(stderr, "antiphon: {}: {}; it belongs beside this program\n", stages, std::strerror(errno));
  return 70;
}
