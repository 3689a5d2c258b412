#include <fmt/format.h>
#include <zlib.h>

#include <limits>

#include "kafka/wire/codecs.h"

namespace antiphon::kafka::wire {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // zlib: the largest window, with gzip's header

Bytef* bytef(const std::byte* at) { return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(at)); }

// zlib's state, released in every way out.
struct Inflate {
  Inflate() { ready = inflateInit2(&stream, kGzipWindowBits) == Z_OK; }
  ~Inflate() {
    if (ready) inflateEnd(&stream);
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  z_stream stream{};
  bool ready = false;
};

Error malformed(std::string_view what) { return make_error(ErrorKind::kInvalidInput, fmt::format("gzip: {}", what)); }

}  // namespace

Result<> decompress_gzip(ByteView data, BoundedOutput& out) {
  Inflate inflater;
  if (!inflater.ready) return make_error(ErrorKind::kInternal, "gzip: zlib does not start");
  if (data.size() > std::numeric_limits<uInt>::max()) return malformed("too long");
  z_stream& stream = inflater.stream;
  stream.next_in = bytef(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  for (;;) {
    const MutableByteView room = out.room();
    stream.next_out = bytef(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t unused = stream.avail_out;
    out.give_back(unused);
    if (out.exceeded()) return {};
    if (code == Z_STREAM_END && stream.avail_in == 0) return {};
    if (code == Z_STREAM_END) {
      if (inflateReset(&stream) != Z_OK) return malformed("a second member does not start");
    } else if (code != Z_OK) {
      return malformed(stream.msg == nullptr ? "ends early" : stream.msg);
    } else if (stream.avail_in == 0 && unused > 0) {
      return malformed("ends early");
    }
  }
}

Result<> compress_gzip(ByteView data, Buffer& out) {
  z_stream stream{};
  if (data.size() > std::numeric_limits<uInt>::max() / 2) return make_error(ErrorKind::kLimit, "gzip: too long");
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return make_error(ErrorKind::kInternal, "gzip: zlib does not start");
  }
  const std::size_t bound = deflateBound(&stream, static_cast<uLong>(data.size()));
  stream.next_in = bytef(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = bytef(out.extend(bound));
  stream.avail_out = static_cast<uInt>(bound);
  const int code = deflate(&stream, Z_FINISH);
  out.truncate(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return make_error(ErrorKind::kInternal, "gzip: zlib does not finish");
  return {};
}

}  // namespace antiphon::kafka::wire
