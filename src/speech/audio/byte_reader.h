// A cursor over foreign bytes that cannot leave them: whoever asks for more than there is gets nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace antiphon::audio {

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  // `count` bytes from here; at most 8 make a number, the most significant first or last.
  std::optional<std::uint64_t> big_endian(std::size_t count);
  std::optional<std::uint64_t> little_endian(std::size_t count);
  std::optional<ByteView> take(std::uint64_t count);
  // What is left, at most `count`: for an element that the file was cut off in.
  ByteView take_up_to(std::uint64_t count);
  // False, and at the end, where there is less.
  bool skip(std::uint64_t count);

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

}  // namespace antiphon::audio
