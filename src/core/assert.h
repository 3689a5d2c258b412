// ANTIPHON_ASSERT: for our own mistakes, on in release too. Bytes from outside must never reach one.
#pragma once

namespace antiphon {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define ANTIPHON_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::antiphon::assertion_failed(#expression, __FILE__, __LINE__))
