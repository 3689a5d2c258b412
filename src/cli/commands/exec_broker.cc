#include <unistd.h>

#include <cerrno>

#include "cli/commands.h"
#include "cli/process.h"
#include "cli/supervisor/program.h"

namespace antiphon::cli {

int exec_broker_command(const Arguments& arguments) {
  const std::string program = sibling_program("antiphon");
  std::vector<char*> argv;
  std::string name = "antiphon";
  std::string command = "broker";
  Arguments copy = arguments;
  argv.push_back(name.data());
  argv.push_back(command.data());
  for (auto& argument : copy) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  return finish("broker", errno_error(errno, program));
}

}  // namespace antiphon::cli
