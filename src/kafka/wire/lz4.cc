#include <fmt/format.h>
#include <lz4frame.h>

#include <memory>

#include "kafka/wire/codecs.h"

namespace antiphon::kafka::wire {
namespace {

Error malformed(std::string_view what) { return make_error(ErrorKind::kInvalidInput, fmt::format("lz4: {}", what)); }

// XXH32 with seed 0 of fewer than 16 bytes: the frame's descriptor is at most 14.
std::uint32_t xxh32_short(ByteView data) {
  constexpr std::uint32_t kPrime1 = 2654435761U;
  constexpr std::uint32_t kPrime2 = 2246822519U;
  constexpr std::uint32_t kPrime3 = 3266489917U;
  constexpr std::uint32_t kPrime4 = 668265263U;
  constexpr std::uint32_t kPrime5 = 374761393U;
  const auto rotate = [](std::uint32_t x, int by) { return (x << by) | (x >> (32 - by)); };
  std::uint32_t hash = kPrime5 + static_cast<std::uint32_t>(data.size());
  for (; data.size() >= 4; data = data.subspan(4)) {
    std::uint32_t lane = 0;
    std::memcpy(&lane, data.data(), 4);
    hash = rotate(hash + lane * kPrime3, 17) * kPrime4;
  }
  for (const std::byte byte : data) hash = rotate(hash + static_cast<std::uint32_t>(byte) * kPrime5, 11) * kPrime1;
  hash = (hash ^ (hash >> 15)) * kPrime2;
  hash = (hash ^ (hash >> 13)) * kPrime3;
  return hash ^ (hash >> 16);
}

// A copy with the header checksum that the library expects: of the descriptor alone, without the magic number.
Result<Bytes> with_correct_checksum(ByteView data) {
  constexpr std::size_t kMagicBytes = 4;
  constexpr std::uint8_t kContentSizeFlag = 0x08;
  constexpr std::uint8_t kDictionaryFlag = 0x01;
  if (data.size() <= kMagicBytes) return malformed("ends early");
  const auto flags = static_cast<std::uint8_t>(data[kMagicBytes]);
  const std::size_t descriptor =
      2U + ((flags & kContentSizeFlag) != 0 ? 8U : 0U) + ((flags & kDictionaryFlag) != 0 ? 4U : 0U);
  if (data.size() <= kMagicBytes + descriptor) return malformed("ends early");
  Bytes copy(data.begin(), data.end());
  copy[kMagicBytes + descriptor] = static_cast<std::byte>(xxh32_short(data.subspan(kMagicBytes, descriptor)) >> 8);
  return copy;
}

struct FreeContext {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

Result<> decompress_frames(ByteView data, BoundedOutput& out) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)) != 0U) {
    return make_error(ErrorKind::kInternal, "lz4: the library does not start");
  }
  const std::unique_ptr<LZ4F_dctx, FreeContext> context(raw);
  std::size_t hint = 1;  // 0: a frame is complete
  while (!out.exceeded()) {
    const MutableByteView room = out.room();
    std::size_t produced = room.size();
    std::size_t consumed = data.size();
    hint = LZ4F_decompress(context.get(), room.data(), &produced, data.data(), &consumed, nullptr);
    if (LZ4F_isError(hint) != 0U) return malformed(LZ4F_getErrorName(hint));
    out.give_back(room.size() - produced);
    data = data.subspan(consumed);
    if (data.empty() && hint == 0) return {};
    if (data.empty() && produced < room.size()) return malformed("ends early");
  }
  return {};
}

}  // namespace

Result<> decompress_lz4_frame(ByteView data, BoundedOutput& out, Lz4Checksum checksum) {
  if (data.empty()) return malformed("ends early");
  if (checksum == Lz4Checksum::kCorrect) return decompress_frames(data, out);
  ANTIPHON_TRY(corrected, with_correct_checksum(data));
  return decompress_frames(corrected, out);
}

Result<> compress_lz4(ByteView data, Buffer& out) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;  // Java reads no other
  const std::size_t bound = LZ4F_compressFrameBound(data.size(), &preferences);
  std::byte* const at = out.extend(bound);
  const std::size_t size = LZ4F_compressFrame(at, bound, data.data(), data.size(), &preferences);
  const bool failed = LZ4F_isError(size) != 0U;
  out.truncate(out.size() - (failed ? bound : bound - size));
  if (failed) return make_error(ErrorKind::kInternal, fmt::format("lz4: {}", LZ4F_getErrorName(size)));
  return {};
}

}  // namespace antiphon::kafka::wire
