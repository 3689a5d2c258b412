#include "kafka/wire/message_set_reader.h"

#include <zlib.h>

namespace antiphon::kafka::wire {
namespace {

std::uint32_t crc32(ByteView data) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

}  // namespace

void read_message(Reader& in, LegacyMessage& message) {
  message = LegacyMessage{};
  message.offset = in.i64();
  const std::int32_t size = in.i32();
  if (size < 0) in.fail("a message's size is negative");
  Reader body(in.take(size < 0 ? 0 : static_cast<std::size_t>(size)));
  const auto crc = body.integer<std::uint32_t>();
  Reader covered = body;
  if (crc32(covered.take(covered.remaining())) != crc) body.fail("the CRC does not match");
  message.magic = body.i8();
  const std::int8_t attributes = body.i8();
  if (message.magic != 0 && message.magic != 1) body.fail("neither magic 0 nor 1");
  const auto codec = codec_of(attributes);
  if (!codec || *codec == Codec::kZstd) body.fail("a codec that this magic does not have");
  if (message.magic == 1) message.timestamp_ms = body.i64();
  message.log_append_time = message.magic == 1 && (attributes & 0x08) != 0;
  message.key = body.bytes(Reader::Prefix::kInt32, true);
  message.value = body.bytes(Reader::Prefix::kInt32, true);
  if (!body.ok()) {
    in.fail("malformed message");
    return;
  }
  message.codec = *codec;
}

Result<> open_wrapper(const LegacyMessage& wrapper, std::size_t bytes_max, Buffer& out) {
  if (!wrapper.value) return make_error(ErrorKind::kInvalidInput, "message set: a wrapper without a value");
  if (wrapper.codec != Codec::kLz4) return decompress(wrapper.codec, *wrapper.value, bytes_max, out);
  const auto checksum = wrapper.magic == 0 ? Lz4Checksum::kMagic0 : Lz4Checksum::kCorrect;
  return decompress_lz4(*wrapper.value, bytes_max, out, checksum);
}

}  // namespace antiphon::kafka::wire
