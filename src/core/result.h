// Result<T>: a value or an Error. Every operation that can fail for a reason outside our own code returns one.
//
// Rules: return it or handle it; never log and go on, never both. An Error's text is for the person who reads it: what
// failed, with the numbers, and what to do where that is known. It never holds audio, a transcript or a key.
// Exceptions are for start-up failure inside libraries and for out-of-memory only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace antiphon {

enum class ErrorKind : std::uint8_t {
  kInvalidInput,   // what came from outside is malformed; trying again will not help
  kNotFound,       // the thing named does not exist
  kAlreadyExists,  // the name is taken (conditional write refused, topic exists, ...)
  kConflict,       // the name is taken by something DIFFERENT; a person must look
  kUnavailable,    // the other side is away or too slow; try again later
  kPermission,     // the other side refuses who we are
  kIo,             // the disk or file system failed
  kCorrupt,        // stored bytes fail their own check
  kLimit,          // a named maximum is reached
  kUsage,          // the command line or settings are wrong
  kConfig,         // settings and world disagree (a topic of another shape, a port in use)
  kCancelled,      // we were asked to stop
  kInternal,       // a mistake of ours
};

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;

  // The same error, told from one level further out: "open corpus s3://b/k: <message>".
  Error within(std::string_view context) &&;
};

// sysexits.h codes for a process that ends with this error: 64 usage, 69 unavailable, 70 internal, 74 I/O, 75 retry, 78
// config.
int exit_code(ErrorKind kind);

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}    // NOLINT: implicit by design
  Result(tl::unexpected<Error> error) : tl::expected<T, Error>(std::move(error)) {}  // NOLINT
};

inline Error make_error(ErrorKind kind, std::string message) { return Error{kind, std::move(message)}; }

// errno as an Error of kind kIo (ENOENT: kNotFound, EEXIST: kAlreadyExists, EACCES/EPERM: kPermission).
Error errno_error(int error_number, std::string_view what);

}  // namespace antiphon

// Hands an error up; the value of a good result stays in the named variable.
//   ANTIPHON_TRY(file, fs.open(path));      ANTIPHON_TRY_VOID(file->sync());
#define ANTIPHON_TRY(var, expr)                                \
  auto var##_result_ = (expr);                                 \
  if (!var##_result_) return std::move(var##_result_).error(); \
  auto var = std::move(*var##_result_) /* NOLINT(bugprone-macro-parentheses): a name */
#define ANTIPHON_TRY_VOID(expr)                                        \
  do {                                                                 \
    auto try_void_result_ = (expr);                                    \
    if (!try_void_result_) return std::move(try_void_result_).error(); \
  } while (false)
