// BatchBuilder: our own batches of magic 2: committed offsets, group metadata, transaction markers, converted messages,
// tests.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kafka/wire/record.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::wire {

struct BatchSettings {
  Codec codec = Codec::kNone;
  bool log_append_time = false;
  bool transactional = false;
  bool control = false;
  Offset base_offset{0};
  LeaderEpoch leader_epoch{-1};
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
};

class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchSettings& settings = {}) : settings_(settings) {}

  // Offsets follow one another from the base offset.
  void add(std::int64_t timestamp_ms, std::optional<ByteView> key, std::optional<ByteView> value,
           std::span<const RecordHeaderView> headers = {});
  [[nodiscard]] std::int32_t count() const { return count_; }
  // Of the records so far, uncompressed.
  [[nodiscard]] std::size_t records_bytes() const { return records_.size(); }

  // The batch, whole and with its CRC. At least one record has been added. The builder is then empty again.
  Result<Bytes> finish();

 private:
  BatchSettings settings_;
  Buffer records_;
  std::int32_t count_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = -1;
};

// The control batch that ends a transaction: one record, key {version 0, type 0 abort or 1 commit}, value {version 0,
// coordinator epoch}.
Bytes transaction_marker(ProducerId producer_id, ProducerEpoch producer_epoch, bool commit,
                         std::int32_t coordinator_epoch, std::int64_t timestamp_ms);
// Nothing for a control record that is no transaction marker.
std::optional<bool> marker_commits(const RecordView& control_record);

struct TransactionMarker {
  bool commit = false;
  std::int32_t coordinator_epoch = 0;
};
// Of a control batch's first record. Nothing for other batches, other control records and malformed ones.
std::optional<TransactionMarker> transaction_marker_of(const BatchView& batch);

}  // namespace antiphon::kafka::wire
