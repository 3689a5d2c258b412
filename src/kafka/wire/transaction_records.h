// The records of __transaction_state, in Kafka's own layout, so that Kafka's tools read them.
//
//     key:    version int16 (0) | transactional id
//     value:  version int16 | fields; none: a tombstone
//
// Value version 0 as Kafka 3.9 writes it; 1, which is flexible (KIP-890 part 2), is read too.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

// The numbers on disk.
enum class TransactionStatus : std::int8_t {
  kEmpty = 0,
  kOngoing = 1,
  kPrepareCommit = 2,
  kPrepareAbort = 3,
  kCompleteCommit = 4,
  kCompleteAbort = 5,
  kDead = 6,
  kPrepareEpochFence = 7,
};

struct TransactionLogKey {
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  std::string_view transactional_id;

  template <class V>
  static void describe(V& v) {
    v.field(&TransactionLogKey::transactional_id, since(0));
  }
};

struct TransactionLogValue {
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  struct TopicPartitions {
    std::string_view topic;
    std::vector<PartitionId> partition_ids;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicPartitions::topic, since(0));
      v.field(&TopicPartitions::partition_ids, since(0));
    }
  };

  ProducerId producer_id;
  ProducerId previous_producer_id{-1};
  ProducerId next_producer_id{-1};
  ProducerEpoch producer_epoch;
  ProducerEpoch next_producer_epoch{-1};
  std::int32_t transaction_timeout_ms = 0;
  TransactionStatus transaction_status = TransactionStatus::kEmpty;  // of foreign bytes: any number
  std::optional<std::vector<TopicPartitions>> transaction_partitions;
  std::int64_t transaction_last_update_timestamp_ms = 0;
  std::int64_t transaction_start_timestamp_ms = 0;
  std::int16_t client_transaction_version = 0;

  template <class V>
  static void describe(V& v) {
    v.field(&TransactionLogValue::producer_id, since(0));
    v.field(&TransactionLogValue::producer_epoch, since(0));
    v.field(&TransactionLogValue::transaction_timeout_ms, since(0));
    v.field(&TransactionLogValue::transaction_status, since(0));
    v.field(&TransactionLogValue::transaction_partitions, since(0).nullable_since(0));
    v.field(&TransactionLogValue::transaction_last_update_timestamp_ms, since(0));
    v.field(&TransactionLogValue::transaction_start_timestamp_ms, since(0));
    v.tagged(0, &TransactionLogValue::previous_producer_id, since(1));
    v.tagged(1, &TransactionLogValue::next_producer_id, since(1));
    v.tagged(2, &TransactionLogValue::client_transaction_version, since(1));
    v.tagged(3, &TransactionLogValue::next_producer_epoch, since(1));
  }
};

constexpr ApiVersion kTransactionLogKeyVersion = 0;
constexpr ApiVersion kTransactionLogValueVersion = 0;

// Views into what is read. kInvalidInput: malformed, or a version beyond those above.
Result<TransactionLogKey> read_transaction_key(ByteView key);
Result<TransactionLogValue> read_transaction_value(ByteView value);

// Appended to `out`. A text that its field cannot hold (32,767 bytes) is kLimit; `out` is then as before.
Result<> write_key(Buffer& out, const TransactionLogKey& key);
Result<> write_value(Buffer& out, const TransactionLogValue& value);

}  // namespace antiphon::kafka::wire
