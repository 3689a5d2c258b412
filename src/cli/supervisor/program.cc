#include "cli/supervisor/program.h"

#include <filesystem>

namespace antiphon::cli {

std::string sibling_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::path(".") : self.parent_path()) / name;
}

}  // namespace antiphon::cli
