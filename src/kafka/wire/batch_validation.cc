#include "kafka/wire/batch_validation.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/wire/record.h"

namespace antiphon::kafka::wire {
namespace {

constexpr std::int16_t kFirstProduceVersionWithZstd = 7;

BatchVerdict refuse(ErrorCode error, std::string message) { return {error, std::move(message), {}}; }

BatchVerdict check_header(const BatchView& batch, std::int16_t produce_version) {
  const auto codec = batch.codec();
  if (!codec) return refuse(ErrorCode::kCorruptMessage, "Unknown compression type");
  if (*codec == Codec::kZstd && produce_version < kFirstProduceVersionWithZstd) {
    return refuse(ErrorCode::kUnsupportedCompressionType, "zstd needs Produce version 7 or later");
  }
  if (batch.control()) return refuse(ErrorCode::kInvalidRecord, "Clients are not allowed to write control records");
  if (batch.record_count() <= 0 || batch.last_offset_delta() != batch.record_count() - 1) {
    return refuse(ErrorCode::kInvalidRecord, fmt::format("The batch says {} records and a last offset delta of {}",
                                                         batch.record_count(), batch.last_offset_delta()));
  }
  if (batch.idempotent() && (batch.base_sequence() < 0 || batch.producer_epoch().value() < 0)) {
    return refuse(ErrorCode::kInvalidRecord, "A batch with a producer id needs an epoch and a sequence");
  }
  if (batch.transactional() && !batch.idempotent()) {
    return refuse(ErrorCode::kInvalidRecord, "A transactional batch needs a producer id");
  }
  return {};
}

BatchVerdict check_records(const BatchView& batch, bool keys_required, Buffer& scratch) {
  auto records = RecordReader::open(batch, scratch);
  if (!records) return refuse(ErrorCode::kCorruptMessage, records.error().message);
  BatchVerdict verdict;
  RecordView record;
  std::int32_t index = 0;
  for (; records->next(record); ++index) {
    if (record.offset_delta != index) {
      return refuse(ErrorCode::kInvalidRecord,
                    fmt::format("Record {} has the offset delta {}", index, record.offset_delta));
    }
    if (keys_required && !record.key) verdict.keyless_records.push_back(index);
  }
  if (!records->ok()) return refuse(ErrorCode::kInvalidRecord, records->error().message);
  if (!verdict.keyless_records.empty()) {
    verdict.error = ErrorCode::kInvalidRecord;
    verdict.message = "A compacted topic cannot accept a message without a key";
  }
  return verdict;
}

}  // namespace

BatchVerdict validate_produced(ByteView records, std::int16_t produce_version, const BatchPolicy& policy,
                               Buffer& scratch) {
  const auto batch = BatchView::at(records);
  if (!batch) return refuse(ErrorCode::kCorruptMessage, batch.error().message);
  if (batch->size() != records.size()) {
    return refuse(ErrorCode::kInvalidRecord, "A Produce request holds exactly one record batch a partition");
  }
  if (records.size() > policy.batch_bytes_max) {
    return refuse(ErrorCode::kMessageTooLarge,
                  fmt::format("The batch has {} bytes, the topic's max.message.bytes is {}", records.size(),
                              policy.batch_bytes_max));
  }
  if (!batch->crc_matches()) return refuse(ErrorCode::kCorruptMessage, "The batch's CRC does not match");
  BatchVerdict verdict = check_header(*batch, produce_version);
  if (!verdict.accepted() || !(policy.check_records || policy.keys_required)) return verdict;
  return check_records(*batch, policy.keys_required, scratch);
}

bool mend_max_timestamp(MutableByteView bytes, Buffer& scratch) {
  const auto batch = BatchView::at(bytes);
  if (!batch || batch->log_append_time() || batch->max_timestamp() >= batch->base_timestamp()) return batch.has_value();
  auto records = RecordReader::open(*batch, scratch);
  if (!records) return false;
  std::int64_t latest = batch->base_timestamp();
  for (RecordView record; records->next(record);) latest = std::max(latest, records->timestamp_of(record));
  if (!records->ok()) return false;
  patch_max_timestamp(bytes, latest);
  return true;
}

}  // namespace antiphon::kafka::wire
