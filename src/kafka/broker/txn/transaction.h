// One transactional id: Kafka's state machine (KIP-98, KIP-360), as functions from a state and a request to an answer
// or to the next state. Nothing is changed here: the coordinator stores the next state first, then it counts.
//
//     Empty --add partitions--> Ongoing --end(commit)--> PrepareCommit --markers written--> CompleteCommit --+
//       ^                        ^    \---end(abort)---> PrepareAbort  --markers written--> CompleteAbort  --+
//       |                        +---------------------------- add partitions ------------------------------+
//       +----------------------------------------- InitProducerId ------------------------------------------+
//
// An InitProducerId while one is Ongoing, and a transaction that takes too long, abort it under the next epoch, which
// fences the instance that began it. Times are the wall clock's, in milliseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/types.h"
#include "kafka/broker/producer_identity.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/transaction_records.h"

namespace antiphon::kafka::broker {

using wire::ErrorCode;
using TransactionState = wire::TransactionStatus;
std::string_view to_string(TransactionState state);  // as ListTransactions spells it

struct TopicPartition {
  std::string topic;
  PartitionId partition;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

constexpr std::int16_t kProducerEpochMax = 32767;

// What is stored of an id, and the two fields that Kafka's format has no room for (its last identity, for a repeated
// InitProducerId).
struct Transaction {
  ProducerId producer_id{-1};
  ProducerId last_producer_id{-1};
  ProducerEpoch epoch{-1};
  ProducerEpoch last_epoch{-1};
  std::int32_t timeout_ms = 0;
  TransactionState state = TransactionState::kEmpty;
  std::set<TopicPartition> partitions;  // of Ongoing and Prepare..
  std::int64_t start_ms = -1;
  std::int64_t update_ms = -1;
};

// Exactly one of: an answer (error or kNone) without a change, or a next state to store.
struct Decision {
  ErrorCode error = ErrorCode::kNone;
  std::optional<Transaction> next;
};

// InitProducerId. `expected`: KIP-360's identity, if the client named one. `new_id` is asked when an epoch has come to
// its end; nothing: it could not be had. A next state PrepareAbort means: abort first, answer CONCURRENT_TRANSACTIONS.
Decision decide_init(const Transaction& now_is, std::int32_t timeout_ms,
                     const std::optional<ProducerIdentity>& expected,
                     const std::function<std::optional<ProducerId>()>& new_id, std::int64_t now_ms);
// AddPartitionsToTxn, AddOffsetsToTxn.
Decision decide_add(const Transaction& now_is, const ProducerIdentity& who, const std::set<TopicPartition>& partitions,
                    std::int64_t now_ms);
// EndTxn.
Decision decide_end(const Transaction& now_is, const ProducerIdentity& who, bool commit, std::int64_t now_ms);
// The next state of an Ongoing transaction that is aborted against its producer's will.
Transaction fenced_abort(const Transaction& now_is, std::int64_t now_ms);
// The state after the last marker.
Transaction completed(const Transaction& prepared, std::int64_t now_ms);
// May this producer write to that partition now? (KIP-890's verification.) kTransactionAbortable: it was not added.
ErrorCode verify(const Transaction& now_is, const ProducerIdentity& who, const TopicPartition& partition);

[[nodiscard]] inline bool is_prepared(TransactionState state) {
  return state == TransactionState::kPrepareCommit || state == TransactionState::kPrepareAbort;
}

}  // namespace antiphon::kafka::broker
