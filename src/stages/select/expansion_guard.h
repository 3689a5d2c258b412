// Tells when compressed bytes expand beyond what any text does: a bomb.
#pragma once

#include <fmt/format.h>

#include "stages/select/byte_source.h"

namespace antiphon::select {

class ExpansionGuard {
 public:
  void took(std::size_t bytes) { in_ += bytes; }
  Result<> gave(std::size_t bytes) {
    out_ += bytes;
    if (out_ <= kExpansionFreeBytes || out_ / kExpansionMax <= in_) return {};
    return make_error(ErrorKind::kCorrupt, fmt::format("{} bytes expand to more than {}: no text does", in_, out_));
  }

 private:
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
};

}  // namespace antiphon::select
