#include "core/assert.h"

#include <cstdio>
#include <cstdlib>

namespace antiphon {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "antiphon: internal error: %s does not hold at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace antiphon
