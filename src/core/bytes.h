// Byte spans. A ByteView looks and never owns: it is valid only as long as the buffer it was taken from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace antiphon {

using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;
using Bytes = std::vector<std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

// For secrets: how long it takes tells nothing of where two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

}  // namespace antiphon
