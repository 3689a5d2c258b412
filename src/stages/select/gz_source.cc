// gzip by zlib (RFC 1952), member after member.
#include <fmt/format.h>
#include <zlib.h>

#include <vector>

#include "core/assert.h"
#include "stages/select/byte_source.h"
#include "stages/select/expansion_guard.h"

namespace antiphon::select {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // zlib's way of saying: gzip framing, the largest window

class GzSource final : public ByteSource {
 public:
  explicit GzSource(std::unique_ptr<ByteSource> compressed)
      : compressed_(std::move(compressed)), buffer_(kSourceBufferBytes) {
    ANTIPHON_ASSERT(inflateInit2(&stream_, kGzipWindowBits) == Z_OK);
  }
  GzSource(const GzSource&) = delete;
  GzSource& operator=(const GzSource&) = delete;
  ~GzSource() override { inflateEnd(&stream_); }

  Result<std::size_t> read(MutableByteView out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && !ended_) ANTIPHON_TRY_VOID(step());
    const std::size_t produced = wanted - stream_.avail_out;
    ANTIPHON_TRY_VOID(guard_.gave(produced));
    return produced;
  }

 private:
  Result<> step() {
    if (stream_.avail_in == 0) {
      ANTIPHON_TRY(got, compressed_->read(buffer_));
      guard_.took(got);
      stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_in = static_cast<uInt>(got);
      if (got == 0) return at_end_of_input();
    }
    if (between_members_) return next_member();
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      between_members_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return make_error(ErrorKind::kCorrupt,
                        fmt::format("gzip: {}", stream_.msg != nullptr ? stream_.msg : "cannot be decoded"));
    }
    return {};
  }

  Result<> at_end_of_input() {
    ended_ = true;
    if (between_members_) return {};
    return make_error(ErrorKind::kCorrupt, "gzip: the object ends in the middle of its data");
  }

  Result<> next_member() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {  // padding to a block of tape or disk
      ++stream_.next_in;
      --stream_.avail_in;
      padded_ = true;
    }
    if (stream_.avail_in == 0) return {};
    if (padded_) return make_error(ErrorKind::kCorrupt, "gzip: bytes behind the padding");
    between_members_ = false;
    inflateReset(&stream_);
    return {};
  }

  std::unique_ptr<ByteSource> compressed_;
  std::vector<std::byte> buffer_;
  z_stream stream_{};
  ExpansionGuard guard_;
  bool between_members_ = false;
  bool padded_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_gz_source(std::unique_ptr<ByteSource> compressed) {
  return std::make_unique<GzSource>(std::move(compressed));
}

}  // namespace antiphon::select
