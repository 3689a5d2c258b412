#include "adapters/blobs/name.h"

#include <fmt/format.h>

namespace antiphon::blobs {
namespace {

const char* fault_of(std::string_view component) {
  if (component.empty()) return "has an empty component";
  if (component == "." || component == "..") return "has a component '.' or '..'";
  if (component.size() > kComponentBytesMax) return "has a component above 255 bytes";
  return nullptr;
}

}  // namespace

std::vector<std::string_view> components_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = name.find('/');
    parts.push_back(name.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    name.remove_prefix(slash + 1);
  }
}

Result<> check_name(std::string_view name) {
  const auto refuse = [&](std::string_view fault) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("an object name of {} bytes {}", name.size(), fault));
  };
  if (name.empty() || name.size() > kNameBytesMax) return refuse("is not 1 to 1024 bytes long");
  if (name.find('\0') != std::string_view::npos) return refuse("holds a NUL");
  for (const auto component : components_of(name)) {
    if (const char* fault = fault_of(component)) return refuse(fault);
  }
  return {};
}

}  // namespace antiphon::blobs
