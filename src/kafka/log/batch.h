// What the log needs of a batch's header (kafka/wire/record_batch.h has the picture), as a value that outlives the
// bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "kafka/log/producer_state.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::log {

using wire::kBatchHeaderBytes;
constexpr std::size_t kBatchCrcFrom = 21;      // the CRC covers from here to the end
constexpr std::size_t kMarkerBytesMax = 1024;  // of a batch that is looked into for a transaction's marker

struct BatchHeader {
  Offset base_offset{0};
  Offset last_offset{0};
  std::uint64_t size_bytes = 0;  // of the whole batch
  std::uint32_t crc = 0;
  LeaderEpoch leader_epoch{0};
  std::int64_t max_timestamp_ms = -1;
  bool transactional = false;
  bool control = false;
  std::optional<wire::TransactionMarker> marker;  // of a control batch whose whole bytes were given
  ProducerBatch producer;

  [[nodiscard]] Offset next_offset() const { return last_offset + 1; }
};

// Why bytes are not a batch; nullptr: they may be one. The CRC is not looked at. Any bytes are taken.
struct ParsedBatch {
  BatchHeader header;
  const char* problem = nullptr;
};
ParsedBatch parse_batch_header(ByteView bytes);

}  // namespace antiphon::kafka::log
