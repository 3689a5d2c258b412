// Where a decompressor writes: a buffer that grows in steps, and a bound that it may not pass. Internal to the codecs.
#pragma once

#include <algorithm>

#include "kafka/wire/buffer.h"

namespace antiphon::kafka::wire {

class BoundedOutput {
 public:
  BoundedOutput(Buffer& out, std::size_t bytes_max) : out_(out), start_(out.size()), bytes_max_(bytes_max) {}

  // Room to write into, until the next call. One byte past the bound is allowed, so that exceeded() can tell.
  MutableByteView room() {
    constexpr std::size_t kStepMin = std::size_t{16} << 10;
    const std::size_t step = std::min(std::max(kStepMin, produced()), bytes_max_ + 1 - produced());
    return {out_.extend(step), step};
  }
  // How much of the room last given was not used.
  void give_back(std::size_t unused) { out_.truncate(out_.size() - unused); }

  [[nodiscard]] std::size_t produced() const { return out_.size() - start_; }
  [[nodiscard]] std::size_t left() const { return bytes_max_ - std::min(bytes_max_, produced()); }
  [[nodiscard]] bool exceeded() const { return produced() > bytes_max_; }
  [[nodiscard]] Buffer& buffer() { return out_; }

 private:
  Buffer& out_;
  std::size_t start_;
  std::size_t bytes_max_;
};

}  // namespace antiphon::kafka::wire
