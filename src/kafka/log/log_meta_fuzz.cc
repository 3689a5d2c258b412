// Any bytes as a checkpoint, a topic's file, a producer table. What is accepted is written again with the same bytes.
// As the CRC keeps most inputs out, the bytes are also tried with the right CRC put in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kafka/log/checkpoint.h"
#include "kafka/wire/record_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::log;
  Bytes bytes(reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
  if (const auto table = ProducerStateTable::decode(bytes); table && table->size() > kProducersPerPartitionMax)
    std::abort();
  for (int round = 0; round < 2; ++round) {
    if (const auto topic = decode_topic(bytes)) {
      if (!decode_topic(encode_topic(*topic))) std::abort();
    }
    if (const auto checkpoint = decode_checkpoint(bytes)) {
      if (!decode_checkpoint(encode_checkpoint(*checkpoint))) std::abort();
    }
    if (size < 8) break;
    kafka::wire::store_big(bytes.data() + 4, kafka::wire::crc32c(ByteView(bytes).subspan(8)));
  }
  return 0;
}
