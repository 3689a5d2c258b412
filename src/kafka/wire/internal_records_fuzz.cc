// Fuzz: the records of __consumer_offsets and __transaction_state, which a client may produce to like to any topic. The
// first byte chooses.
#include <cstdint>

#include "kafka/wire/group_records.h"
#include "kafka/wire/transaction_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace antiphon;
  using namespace antiphon::kafka::wire;
  if (size == 0) return 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'k':
      (void)read_group_record_key(bytes);
      break;
    case 'o':
      (void)read_offset_commit_value(bytes);
      break;
    case 'g':
      (void)read_group_metadata_value(bytes);
      break;
    case 't':
      (void)read_transaction_key(bytes);
      break;
    case 'v':
      (void)read_transaction_value(bytes);
      break;
    default:
      break;
  }
  return 0;
}
