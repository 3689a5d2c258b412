// Any bytes as what zst makes: an error or a text, in bounded memory, and the same text however the bytes come in
// pieces. Whether a damaged frame is refused may depend on the pieces: the library checks more of a frame that it sees
// whole.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "stages/select/byte_source.h"
#include "stages/select/testing/memory_source.h"

namespace {

constexpr std::size_t kReadMax = 1 << 20;  // of the text; a bomb is left there

// Nothing: it cannot be decoded.
std::optional<std::string> decode(std::string_view bytes, std::size_t step_in, std::size_t step_out) {
  const auto source = antiphon::select::make_zst_source(antiphon::select::testing::make_memory_source(bytes, step_in));
  std::string text;
  std::string buffer(step_out, '\0');
  while (text.size() < kReadMax) {
    const auto got =
        source->read(antiphon::MutableByteView(reinterpret_cast<std::byte*>(buffer.data()), buffer.size()));
    if (!got) return std::nullopt;
    if (*got == 0) return text;
    if (*got > buffer.size()) std::abort();
    text.append(buffer, 0, *got);
  }
  text.resize(kReadMax);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = decode(bytes, 65536, 65536);
  if (size >= 512 || !whole || whole->size() >= kReadMax) return 0;
  const auto in_pieces = decode(bytes, 3, 1000);
  if (in_pieces && *in_pieces != *whole) std::abort();
  return 0;
}
