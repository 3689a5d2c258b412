// Zstandard (RFC 8878), frame after frame.
#include <fmt/format.h>
#include <zstd.h>

#include <vector>

#include "core/assert.h"
#include "stages/select/byte_source.h"
#include "stages/select/expansion_guard.h"

namespace antiphon::select {
namespace {

class ZstSource final : public ByteSource {
 public:
  explicit ZstSource(std::unique_ptr<ByteSource> compressed)
      : compressed_(std::move(compressed)), buffer_(kSourceBufferBytes), context_(ZSTD_createDCtx()) {
    ANTIPHON_ASSERT(context_ != nullptr);
    ANTIPHON_ASSERT(ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLogMax)) == 0);
  }
  ZstSource(const ZstSource&) = delete;
  ZstSource& operator=(const ZstSource&) = delete;
  ~ZstSource() override { ZSTD_freeDCtx(context_); }

  Result<std::size_t> read(MutableByteView out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos == 0 && !ended_) ANTIPHON_TRY_VOID(step(output));
    ANTIPHON_TRY_VOID(guard_.gave(output.pos));
    return output.pos;
  }

 private:
  Result<> step(ZSTD_outBuffer& output) {
    bool input_ended = false;
    if (input_.pos == input_.size) {
      ANTIPHON_TRY(got, compressed_->read(buffer_));
      guard_.took(got);
      input_ = {buffer_.data(), got, 0};
      input_ended = got == 0;
      if (input_ended && frame_complete_) {
        ended_ = true;
        return {};
      }
    }
    // With no input left the decoder may still hold output; a frame that wants more than that was cut.
    const std::size_t before = input_.pos;
    const std::size_t code = ZSTD_decompressStream(context_, &output, &input_);
    if (ZSTD_isError(code) != 0) return decoding_failed(code);
    frame_complete_ = code == 0;
    if (input_ended && output.pos == 0 && input_.pos == before) {
      ended_ = true;
      if (!frame_complete_) return make_error(ErrorKind::kCorrupt, "zstd: the object ends in the middle of its data");
    }
    return {};
  }

  static Error decoding_failed(std::size_t code) {
    std::string detail = fmt::format("zstd: {}", ZSTD_getErrorName(code));
    if (std::string_view(ZSTD_getErrorName(code)).find("memory") != std::string_view::npos) {
      detail += fmt::format("; a window above {} MiB is not read here: compress it again at level 19 or lower",
                            (1U << kZstdWindowLogMax) >> 20);
    }
    return make_error(ErrorKind::kCorrupt, std::move(detail));
  }

  std::unique_ptr<ByteSource> compressed_;
  std::vector<std::byte> buffer_;
  ZSTD_DCtx* context_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  ExpansionGuard guard_;
  bool frame_complete_ = true;  // an empty object is an empty text
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_zst_source(std::unique_ptr<ByteSource> compressed) {
  return std::make_unique<ZstSource>(std::move(compressed));
}

}  // namespace antiphon::select
