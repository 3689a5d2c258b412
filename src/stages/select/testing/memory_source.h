// Bytes in memory as a ByteSource that gives them in pieces.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

#include "stages/select/byte_source.h"

namespace antiphon::select::testing {

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(MutableByteView out) override {
    const std::size_t count = std::min({out.size(), step_, bytes_.size()});
    std::copy_n(as_bytes(bytes_).begin(), count, out.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
};

// At most `step` bytes at once; the bytes must outlive it.
inline std::unique_ptr<ByteSource> make_memory_source(std::string_view bytes, std::size_t step) {
  return std::make_unique<MemorySource>(bytes, step);
}

}  // namespace antiphon::select::testing
