#include <fmt/format.h>
#include <snappy-c.h>

#include <array>
#include <cstring>

#include "kafka/wire/codecs.h"
#include "kafka/wire/reader.h"

namespace antiphon::kafka::wire {
namespace {

// Java's stream: this, then two int32 versions, then blocks.
constexpr std::array<unsigned char, 8> kXerialMagic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::int32_t kXerialVersion = 1;
constexpr std::size_t kXerialHeaderBytes = 16;
constexpr std::size_t kExpansionMax = 64;
constexpr std::size_t kXerialBlockBytes = std::size_t{32} << 10;

const char* chars(const std::byte* at) { return reinterpret_cast<const char*>(at); }

Error malformed(std::string_view what) { return make_error(ErrorKind::kInvalidInput, fmt::format("snappy: {}", what)); }

Result<> decompress_raw(ByteView data, BoundedOutput& out) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(chars(data.data()), data.size(), &size) != SNAPPY_OK) return malformed("no length");
  if (size > out.left()) {
    return make_error(ErrorKind::kLimit, fmt::format("snappy: {} bytes come out, more than the bound allows", size));
  }
  // A copy of 64 bytes takes at least 2, so a few bytes cannot claim many.
  if (size / kExpansionMax > data.size()) return malformed("claims more than it can hold");
  auto* const at = reinterpret_cast<char*>(out.buffer().extend(size));
  if (snappy_uncompress(chars(data.data()), data.size(), at, &size) != SNAPPY_OK) return malformed("corrupt");
  return {};
}

bool is_xerial(ByteView data) {
  return data.size() >= kXerialHeaderBytes && std::memcmp(data.data(), kXerialMagic.data(), kXerialMagic.size()) == 0;
}

void append_block(ByteView block, Buffer& out) {
  std::size_t size = snappy_max_compressed_length(block.size());
  std::byte* const at = out.extend(4 + size);
  const std::size_t room = size;
  snappy_compress(chars(block.data()), block.size(), reinterpret_cast<char*>(at + 4), &size);
  store_big(at, static_cast<std::int32_t>(size));
  out.truncate(out.size() - (room - size));
}

}  // namespace

Result<> decompress_snappy(ByteView data, BoundedOutput& out) {
  if (!is_xerial(data)) return decompress_raw(data, out);
  Reader in(data.subspan(kXerialHeaderBytes));
  while (in.remaining() > 0) {
    const std::int32_t size = in.i32();
    if (size < 0) return malformed("a block's length is negative");
    const ByteView block = in.take(static_cast<std::size_t>(size));
    if (!in.ok()) return malformed("a block ends early");
    ANTIPHON_TRY_VOID(decompress_raw(block, out));
  }
  return {};
}

Result<> compress_snappy(ByteView data, Buffer& out) {
  std::byte* const header = out.extend(kXerialHeaderBytes);
  std::memcpy(header, kXerialMagic.data(), kXerialMagic.size());
  store_big(header + 8, kXerialVersion);
  store_big(header + 12, kXerialVersion);
  while (!data.empty()) {
    const ByteView block = data.first(std::min(data.size(), kXerialBlockBytes));
    append_block(block, out);
    data = data.subspan(block.size());
  }
  return {};
}

}  // namespace antiphon::kafka::wire
