#include "kafka/wire/compression.h"

#include <fmt/format.h>

#include "kafka/wire/codecs.h"

namespace antiphon::kafka::wire {
namespace {

Result<> within_bound(Result<> result, const BoundedOutput& out, std::string_view codec) {
  if (!result) return result;
  if (!out.exceeded()) return {};
  return make_error(ErrorKind::kLimit, fmt::format("{}: more comes out than the bound allows", codec));
}

}  // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "none";
    case Codec::kGzip:
      return "gzip";
    case Codec::kSnappy:
      return "snappy";
    case Codec::kLz4:
      return "lz4";
    case Codec::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::optional<Codec> codec_of(std::int16_t attributes) {
  const int number = attributes & 0x07;
  if (number > static_cast<int>(Codec::kZstd)) return std::nullopt;
  return static_cast<Codec>(number);
}

Result<> decompress(Codec codec, ByteView data, std::size_t bytes_max, Buffer& out) {
  BoundedOutput bounded(out, bytes_max);
  const auto checked = [&](Result<> result) { return within_bound(std::move(result), bounded, to_string(codec)); };
  switch (codec) {
    case Codec::kNone:
      if (data.size() > bytes_max) return make_error(ErrorKind::kLimit, "none: more than the bound allows");
      out.append(data);
      return {};
    case Codec::kGzip:
      return checked(decompress_gzip(data, bounded));
    case Codec::kSnappy:
      return checked(decompress_snappy(data, bounded));
    case Codec::kLz4:
      return checked(decompress_lz4_frame(data, bounded, Lz4Checksum::kCorrect));
    case Codec::kZstd:
      return checked(decompress_zstd(data, bounded));
  }
  return make_error(ErrorKind::kInvalidInput, "unknown codec");
}

Result<> decompress_lz4(ByteView data, std::size_t bytes_max, Buffer& out, Lz4Checksum checksum) {
  BoundedOutput bounded(out, bytes_max);
  return within_bound(decompress_lz4_frame(data, bounded, checksum), bounded, "lz4");
}

Result<> compress(Codec codec, ByteView data, Buffer& out) {
  switch (codec) {
    case Codec::kNone:
      out.append(data);
      return {};
    case Codec::kGzip:
      return compress_gzip(data, out);
    case Codec::kSnappy:
      return compress_snappy(data, out);
    case Codec::kLz4:
      return compress_lz4(data, out);
    case Codec::kZstd:
      return compress_zstd(data, out);
  }
  return make_error(ErrorKind::kInternal, "unknown codec");
}

}  // namespace antiphon::kafka::wire
