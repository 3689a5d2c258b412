#include "core/random.h"

#include <sys/random.h>

#include "core/assert.h"

namespace antiphon {

std::uint64_t SystemRandom::next() {
  if (used_ == pool_.size()) {
    const auto got = ::getrandom(pool_.data(), sizeof(pool_), 0);  // <= 256 bytes are never cut short
    ANTIPHON_ASSERT(got == static_cast<ssize_t>(sizeof(pool_)));
    used_ = 0;
  }
  return pool_[used_++];
}

}  // namespace antiphon
