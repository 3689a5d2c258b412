// Fuzz: message sets of magic 0 and 1. As they are, and once more with each message's CRC made right.
#include <zlib.h>

#include <cstdint>

#include "core/assert.h"
#include "kafka/wire/message_set.h"

namespace {

using namespace antiphon;
using namespace antiphon::kafka::wire;

void repair(Bytes& set) {
  std::size_t at = 0;
  while (set.size() - at >= 16) {
    const auto size = load_big<std::int32_t>(set.data() + at + 8);
    if (size < 4 || static_cast<std::size_t>(size) > set.size() - at - 12) return;
    const auto covered = static_cast<std::size_t>(size) - 4;
    const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(set.data() + at + 16), covered);
    store_big(set.data() + at + 12, static_cast<std::uint32_t>(crc));
    at += 12 + static_cast<std::size_t>(size);
  }
}

void try_set(ByteView set) {
  (void)is_message_set(set);
  const UpConverted converted = up_convert(set, {.batch_bytes_max = std::size_t{64} << 20});
  if (!converted.verdict.accepted()) return;
  Buffer scratch;
  const BatchPolicy policy{.batch_bytes_max = std::size_t{64} << 20, .check_records = true};
  ANTIPHON_ASSERT(validate_produced(converted.batch, 9, policy, scratch).accepted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try_set(bytes);
  Bytes repaired(bytes.begin(), bytes.end());
  repair(repaired);
  try_set(repaired);
  return 0;
}
