#include "kafka/log/compaction/positions.h"

#include <algorithm>

#include "kafka/log/codec.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::uint32_t kMagic = 0x414a4b31;  // "AJK1"
constexpr std::size_t kFrontBytes = 8;

}  // namespace

std::string cleaner_positions_path(const std::string& directory) { return directory + "/cleaner"; }

Bytes encode_cleaner_positions(const CleanerPositions& positions) {
  Bytes out;
  Encoder encoder(out);
  encoder.u32(kMagic);
  encoder.u32(0);
  encoder.u32(static_cast<std::uint32_t>(positions.size()));
  for (const auto& [key, position] : positions) {
    encoder.raw(key.first.bytes);
    encoder.i32(key.second.value());
    encoder.i64(position.clean.value());
    encoder.i64(position.touched.value());
  }
  wire::store_big(out.data() + 4, wire::crc32c(ByteView(out).subspan(kFrontBytes)));
  return out;
}

Result<CleanerPositions> decode_cleaner_positions(ByteView bytes) {
  Decoder decoder(bytes);
  if (decoder.u32() != kMagic) return decoder.refuse("another kind of file");
  const std::uint32_t crc = decoder.u32();
  if (!decoder.ok() || crc != wire::crc32c(bytes.subspan(kFrontBytes))) return decoder.refuse("its CRC-32C is wrong");
  CleanerPositions positions;
  const std::uint32_t count = decoder.u32();
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
    TopicId topic;
    const ByteView id = decoder.raw(topic.bytes.size());
    std::copy(id.begin(), id.end(), topic.bytes.begin());
    const PartitionId partition(decoder.i32());
    CleanerPosition position;
    position.clean = Offset(decoder.i64());
    position.touched = Offset(decoder.i64());
    if (position.clean.value() < 0 || position.touched < position.clean) return decoder.refuse("offsets out of order");
    positions[{topic, partition}] = position;
  }
  ANTIPHON_TRY_VOID(decoder.finish());
  return positions;
}

}  // namespace antiphon::kafka::log
