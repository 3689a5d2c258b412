#include "memory.h"

#include <malloc.h>

#include <fstream>
#include <string>

namespace antiphon::bench {
namespace {

std::uint64_t status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stoull(line.substr(field.size())) * 1024;
  }
  return 0;
}

}  // namespace

Measured::Measured() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak counts from now on
  before_ = status_bytes("VmRSS:");
}

nlohmann::json Measured::told() const {
  return {{"bytes", static_cast<std::int64_t>(status_bytes("VmRSS:")) - static_cast<std::int64_t>(before_)},
          {"peak_bytes", static_cast<std::int64_t>(status_bytes("VmHWM:")) - static_cast<std::int64_t>(before_)},
          {"seconds", std::chrono::duration<double>(took_).count()}};
}

}  // namespace antiphon::bench
