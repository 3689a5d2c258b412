// Who may append what: sequences of idempotent producers, epochs, transactions; and what is remembered of a batch.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

// What a producer has open here, and which epochs have been fenced, decides.
std::optional<AppendResult> PartitionLog::check_transaction(const BatchHeader& batch) const {
  const ProducerBatch& producer = batch.producer;
  const auto who = [&] {
    return fmt::format("producer {} epoch {}", producer.producer_id.value(), producer.epoch.value());
  };
  if (!batch.control && !batch.transactional) {
    if (!transactions_.open_since(producer.producer_id)) return std::nullopt;
    return refuse(AppendStatus::kInvalidTxnState, who() + " has a transaction open and sent a batch outside of it");
  }
  if (batch.control && !batch.marker) {
    return refuse(AppendStatus::kInvalidBatch, "a control batch that is no transaction's marker");
  }
  const ProducerStateTable::Producer* const known = producers_.find(producer.producer_id);
  if (known == nullptr) return std::nullopt;
  if (producer.epoch < known->epoch) return refuse(AppendStatus::kStaleEpoch, who());
  if (batch.marker && batch.marker->coordinator_epoch < known->coordinator_epoch) {
    return refuse(AppendStatus::kCoordinatorFenced,
                  who() + fmt::format(" coordinator epoch {}; {} has been here", batch.marker->coordinator_epoch,
                                      known->coordinator_epoch));
  }
  return std::nullopt;
}

std::optional<AppendResult> PartitionLog::check_producers(std::vector<BatchHeader>& batches) {
  const ProducerBatch* before = nullptr;
  for (BatchHeader& batch : batches) {
    const ProducerBatch& producer = batch.producer;
    if (producer.producer_id.value() < 0) continue;
    if (auto refused = check_transaction(batch)) return refused;
    const bool by_coordinator = batch.transactional && producer.first_sequence < 0;  // of groups: committed offsets
    if (batch.control || by_coordinator) continue;
    if (producer.first_sequence < 0 || producer.epoch.value() < 0) {
      return refuse(AppendStatus::kInvalidBatch, "a producer id without epoch or sequence");
    }
    SequenceCheck check;
    if (before != nullptr && before->producer_id == producer.producer_id && before->epoch == producer.epoch) {
      const bool follows = producer.first_sequence == sequence_after(before->last_sequence, 1);
      check.verdict = follows ? SequenceVerdict::kNext : SequenceVerdict::kOutOfOrder;
    } else {
      check = producers_.check(producer);
    }
    before = &producer;
    if (check.verdict == SequenceVerdict::kNext) continue;
    const std::string who = fmt::format("producer {} epoch {} sequence {}", producer.producer_id.value(),
                                        producer.epoch.value(), producer.first_sequence);
    if (check.verdict == SequenceVerdict::kStaleEpoch) return refuse(AppendStatus::kStaleEpoch, who);
    if (check.verdict == SequenceVerdict::kOutOfOrder) return refuse(AppendStatus::kOutOfOrderSequence, who);
    AppendResult duplicate;
    duplicate.status = AppendStatus::kDuplicate;
    duplicate.base_offset = check.original.first_offset;
    duplicate.last_offset = check.original.last_offset;
    return duplicate;
  }
  return std::nullopt;
}

void PartitionLog::remember(const BatchHeader& batch, Offset segment) {
  transactions_.note(batch, segment);
  if (batch.control || batch.producer.first_sequence < 0) {
    producers_.update_epoch(batch.producer.producer_id, batch.producer.epoch,
                            batch.marker ? batch.marker->coordinator_epoch : -1, batch.max_timestamp_ms);
  } else {
    producers_.update(batch.producer);
  }
}

Offset PartitionLog::last_stable_offset() const {
  const Offset unstable = transactions_.first_unstable().value_or(high_watermark_);
  return std::max(log_start_, std::min(unstable, high_watermark_));
}

}  // namespace antiphon::kafka::log
