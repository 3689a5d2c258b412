#include "core/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace antiphon {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput:
      return "invalid_input";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kAlreadyExists:
      return "already_exists";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kPermission:
      return "permission";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kConfig:
      return "config";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "unknown";
}

Error Error::within(std::string_view context) && {
  message = fmt::format("{}: {}", context, message);
  return std::move(*this);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kInvalidInput:
      return 64;
    case ErrorKind::kNotFound:
    case ErrorKind::kUnavailable:
      return 69;
    case ErrorKind::kIo:
    case ErrorKind::kCorrupt:
      return 74;
    case ErrorKind::kLimit:
      return 75;
    case ErrorKind::kPermission:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kConflict:
    case ErrorKind::kConfig:
      return 78;
    case ErrorKind::kCancelled:
      return 0;
    case ErrorKind::kInternal:
      return 70;
  }
  return 70;
}

Error errno_error(int error_number, std::string_view what) {
  ErrorKind kind = ErrorKind::kIo;
  if (error_number == ENOENT) kind = ErrorKind::kNotFound;
  if (error_number == EEXIST) kind = ErrorKind::kAlreadyExists;
  if (error_number == EACCES || error_number == EPERM) kind = ErrorKind::kPermission;
  return Error{kind, fmt::format("{}: {}", what, std::generic_category().message(error_number))};
}

}  // namespace antiphon
