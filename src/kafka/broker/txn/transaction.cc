#include "kafka/broker/txn/transaction.h"

#include <algorithm>

namespace antiphon::kafka::broker {
namespace {

// The last epoch is kept for the abort that fences the instance that has it.
bool epoch_exhausted(ProducerEpoch epoch) { return epoch.value() >= kProducerEpochMax - 1; }

ProducerEpoch next_epoch(ProducerEpoch epoch) { return ProducerEpoch(static_cast<std::int16_t>(epoch.value() + 1)); }

Decision refuse(ErrorCode error) { return {error, std::nullopt}; }

ErrorCode check_identity(const Transaction& now_is, const ProducerIdentity& who) {
  if (who.id != now_is.producer_id) return ErrorCode::kInvalidProducerIdMapping;
  return who.epoch == now_is.epoch ? ErrorCode::kNone : ErrorCode::kProducerFenced;
}

// Whose identity `expected` may be: the present one, or the one before whose epochs came to their end.
bool is_known(const Transaction& now_is, const ProducerIdentity& expected) {
  return now_is.epoch.value() < 0 || expected.id == now_is.producer_id ||
         (expected.id == now_is.last_producer_id && epoch_exhausted(expected.epoch));
}

Transaction emptied(const Transaction& now_is, std::int32_t timeout_ms, std::int64_t now_ms) {
  Transaction next = now_is;
  next.state = TransactionState::kEmpty;
  next.timeout_ms = timeout_ms;
  next.partitions.clear();
  next.start_ms = -1;
  next.update_ms = now_ms;
  return next;
}

Transaction prepared(const Transaction& now_is, bool commit, std::int64_t now_ms) {
  Transaction next = now_is;
  next.state = commit ? TransactionState::kPrepareCommit : TransactionState::kPrepareAbort;
  next.update_ms = now_ms;
  return next;
}

}  // namespace

std::string_view to_string(TransactionState state) {
  switch (state) {
    case TransactionState::kEmpty:
      return "Empty";
    case TransactionState::kOngoing:
      return "Ongoing";
    case TransactionState::kPrepareCommit:
      return "PrepareCommit";
    case TransactionState::kPrepareAbort:
      return "PrepareAbort";
    case TransactionState::kCompleteCommit:
      return "CompleteCommit";
    case TransactionState::kCompleteAbort:
      return "CompleteAbort";
    case TransactionState::kDead:
      return "Dead";
    case TransactionState::kPrepareEpochFence:
      return "PrepareEpochFence";
  }
  return "Unknown";
}

Decision decide_init(const Transaction& now_is, std::int32_t timeout_ms,
                     const std::optional<ProducerIdentity>& expected,
                     const std::function<std::optional<ProducerId>()>& new_id, std::int64_t now_ms) {
  if (expected && !is_known(now_is, *expected)) return refuse(ErrorCode::kProducerFenced);
  if (is_prepared(now_is.state)) return refuse(ErrorCode::kConcurrentTransactions);
  if (now_is.state == TransactionState::kOngoing) return {ErrorCode::kNone, fenced_abort(now_is, now_ms)};

  Transaction next = emptied(now_is, timeout_ms, now_ms);
  if (epoch_exhausted(now_is.epoch) && (!expected || expected->epoch == now_is.epoch)) {
    const auto id = new_id();
    if (!id) return refuse(ErrorCode::kCoordinatorNotAvailable);
    next.last_producer_id = now_is.producer_id;
    next.producer_id = *id;
    next.epoch = ProducerEpoch(0);
    next.last_epoch = expected ? now_is.epoch : ProducerEpoch(-1);
    return {ErrorCode::kNone, std::move(next)};
  }
  if (!expected) {
    next.epoch = next_epoch(now_is.epoch);
    next.last_epoch = ProducerEpoch(-1);
  } else if (now_is.epoch.value() < 0 || expected->epoch == now_is.epoch) {
    next.epoch = next_epoch(now_is.epoch);
    next.last_epoch = now_is.epoch;
  } else if (expected->epoch != now_is.last_epoch) {  // else it asks again: the answer is what it got then
    return refuse(ErrorCode::kProducerFenced);
  }
  return {ErrorCode::kNone, std::move(next)};
}

Decision decide_add(const Transaction& now_is, const ProducerIdentity& who, const std::set<TopicPartition>& partitions,
                    std::int64_t now_ms) {
  if (const auto error = check_identity(now_is, who); error != ErrorCode::kNone) return refuse(error);
  if (is_prepared(now_is.state)) return refuse(ErrorCode::kConcurrentTransactions);
  const bool ongoing = now_is.state == TransactionState::kOngoing;
  if (ongoing &&
      std::includes(now_is.partitions.begin(), now_is.partitions.end(), partitions.begin(), partitions.end()))
    return {};
  Transaction next = now_is;
  next.state = TransactionState::kOngoing;
  next.partitions.insert(partitions.begin(), partitions.end());
  if (!ongoing) next.start_ms = now_ms;
  next.update_ms = now_ms;
  return {ErrorCode::kNone, std::move(next)};
}

Decision decide_end(const Transaction& now_is, const ProducerIdentity& who, bool commit, std::int64_t now_ms) {
  if (const auto error = check_identity(now_is, who); error != ErrorCode::kNone) return refuse(error);
  switch (now_is.state) {
    case TransactionState::kOngoing:
      return {ErrorCode::kNone, prepared(now_is, commit, now_ms)};
    case TransactionState::kCompleteCommit:
      return refuse(commit ? ErrorCode::kNone : ErrorCode::kInvalidTxnState);
    case TransactionState::kCompleteAbort:
      return refuse(commit ? ErrorCode::kInvalidTxnState : ErrorCode::kNone);
    case TransactionState::kPrepareCommit:
      return refuse(commit ? ErrorCode::kConcurrentTransactions : ErrorCode::kInvalidTxnState);
    case TransactionState::kPrepareAbort:
      return refuse(commit ? ErrorCode::kInvalidTxnState : ErrorCode::kConcurrentTransactions);
    default:
      return refuse(ErrorCode::kInvalidTxnState);
  }
}

Transaction fenced_abort(const Transaction& now_is, std::int64_t now_ms) {
  Transaction next = prepared(now_is, false, now_ms);
  if (now_is.epoch.value() < kProducerEpochMax) next.epoch = next_epoch(now_is.epoch);
  next.last_epoch = ProducerEpoch(-1);
  return next;
}

Transaction completed(const Transaction& prepared_one, std::int64_t now_ms) {
  Transaction next = prepared_one;
  next.state = prepared_one.state == TransactionState::kPrepareCommit ? TransactionState::kCompleteCommit
                                                                      : TransactionState::kCompleteAbort;
  next.partitions.clear();
  next.update_ms = now_ms;
  return next;
}

ErrorCode verify(const Transaction& now_is, const ProducerIdentity& who, const TopicPartition& partition) {
  if (const auto error = check_identity(now_is, who); error != ErrorCode::kNone) return error;
  if (is_prepared(now_is.state)) return ErrorCode::kConcurrentTransactions;
  return now_is.partitions.contains(partition) ? ErrorCode::kNone : ErrorCode::kTransactionAbortable;
}

}  // namespace antiphon::kafka::broker
