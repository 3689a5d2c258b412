// __transaction_state: where the transaction coordinator's records live.
#pragma once

#include <string_view>

#include "kafka/broker/core/internal_topic.h"
#include "kafka/broker/txn/coordinator.h"
#include "kafka/broker/txn/store.h"

namespace antiphon::kafka::broker {

class TransactionsTopic final : public TransactionStore {
 public:
  // All outlive it.
  TransactionsTopic(log::Log& log, SyncWaiters& waiters, const Clock& clock)
      : topic_(
            log, waiters, clock,
            {kTransactionsTopic,
             kTransactionsTopicPartitions,
             {{"cleanup.policy", "compact"}, {"compression.type", "uncompressed"}, {"segment.bytes", "104857600"}}}) {}

  Result<> ensure() { return topic_.ensure(); }
  void append(std::string_view transactional_id, KeyedRecord record,
              std::function<void(wire::ErrorCode)> done) override {
    topic_.append(transactional_id, {std::move(record)}, std::move(done));
  }
  // The leader epoch of the id's partition, as in Kafka.
  [[nodiscard]] std::int32_t coordinator_epoch(std::string_view transactional_id) override {
    const log::Partition* partition = topic_.partition_of(transactional_id);
    return partition == nullptr ? 0 : partition->leader_epoch().value();
  }
  // Feeds every record to the coordinator. kIo: they could not be read; better no start.
  Result<> load_into(TransactionCoordinator& coordinator) const {
    return topic_.load([&](PartitionId, const wire::BatchView& batch, const wire::RecordView& record) {
      return batch.control() || coordinator.load(*record.key, record.value).has_value();
    });
  }

 private:
  InternalTopic topic_;
};

}  // namespace antiphon::kafka::broker
