#include <fmt/format.h>
#include <zstd.h>

#include <memory>

#include "kafka/wire/codecs.h"

namespace antiphon::kafka::wire {
namespace {

// 2^27 bytes: what the library itself allows, and level 22 needs. The window is memory of its own beside the output.
constexpr int kWindowLogMax = 27;

Error malformed(std::string_view what) { return make_error(ErrorKind::kInvalidInput, fmt::format("zstd: {}", what)); }

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

Result<> decompress_zstd(ByteView data, BoundedOutput& out) {
  if (data.empty()) return malformed("ends early");
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr ||
      ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax)) != 0U) {
    return make_error(ErrorKind::kInternal, "zstd: the library does not start");
  }
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  while (!out.exceeded()) {
    const MutableByteView room = out.room();
    ZSTD_outBuffer to{room.data(), room.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(hint) != 0U) return malformed(ZSTD_getErrorName(hint));
    out.give_back(room.size() - to.pos);
    if (in.pos == in.size && hint == 0) return {};
    if (in.pos == in.size && to.pos < room.size()) return malformed("ends early");
  }
  return {};
}

Result<> compress_zstd(ByteView data, Buffer& out) {
  const std::size_t bound = ZSTD_compressBound(data.size());
  std::byte* const at = out.extend(bound);
  const std::size_t size = ZSTD_compress(at, bound, data.data(), data.size(), ZSTD_CLEVEL_DEFAULT);
  const bool failed = ZSTD_isError(size) != 0U;
  out.truncate(out.size() - (failed ? bound : bound - size));
  if (failed) return make_error(ErrorKind::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  return {};
}

}  // namespace antiphon::kafka::wire
