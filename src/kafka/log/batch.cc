#include "kafka/log/batch.h"

#include <algorithm>

namespace antiphon::kafka::log {

ParsedBatch parse_batch_header(ByteView bytes) {
  if (bytes.size() < kBatchHeaderBytes) return {{}, "the end cuts a batch header"};
  const wire::BatchView batch = wire::BatchView::of_header(bytes);
  const auto length = wire::load_big<std::int32_t>(bytes.data() + 8);
  constexpr std::int32_t kLengthMin = kBatchHeaderBytes - wire::kBatchLogOverheadBytes;
  if (length < kLengthMin) return {{}, "a batch length below a header's (a zero tail has 0)"};
  if (batch.magic() != wire::kBatchMagic) return {{}, "not magic 2"};
  const std::int64_t base = batch.base_offset().value();
  const std::int32_t delta = batch.last_offset_delta();
  if (base < 0 || delta < 0 || base > INT64_MAX - delta - 1) return {{}, "offsets out of range"};
  ParsedBatch parsed;
  BatchHeader& header = parsed.header;
  header.base_offset = batch.base_offset();
  header.last_offset = batch.last_offset();
  header.size_bytes = wire::kBatchLogOverheadBytes + static_cast<std::uint64_t>(length);
  header.crc = batch.crc();
  header.leader_epoch = batch.leader_epoch();
  header.max_timestamp_ms = batch.max_timestamp();
  header.transactional = batch.transactional();
  header.control = batch.control();
  if (header.control && header.size_bytes <= std::min(bytes.size(), kMarkerBytesMax)) {
    if (const auto whole = wire::BatchView::at(bytes)) header.marker = wire::transaction_marker_of(*whole);
  }
  header.producer.producer_id = batch.producer_id();
  header.producer.epoch = batch.producer_epoch();
  header.producer.first_sequence = batch.base_sequence();
  header.producer.last_sequence = batch.base_sequence() < 0 ? -1 : sequence_after(batch.base_sequence(), delta);
  header.producer.first_offset = header.base_offset;
  header.producer.last_offset = header.last_offset;
  header.producer.timestamp_ms = header.max_timestamp_ms;
  return parsed;
}

}  // namespace antiphon::kafka::log
