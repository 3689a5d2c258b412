// Writes the markers of transactions into partitions; where that is a partition of __consumer_offsets, the group
// coordinator learns what the transaction did with the offsets committed inside it.
#pragma once

#include "core/clock.h"
#include "kafka/broker/core/offsets_topic.h"
#include "kafka/broker/core/sync_waiters.h"
#include "kafka/broker/txn/store.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::broker {

class PartitionMarkers final : public MarkerWriter {
 public:
  // All outlive it.
  PartitionMarkers(log::Log& log, SyncWaiters& waiters, const Clock& clock, const OffsetsTopic& offsets,
                   GroupCoordinator& groups)
      : log_(log), waiters_(waiters), clock_(clock), offsets_(offsets), groups_(groups) {}

  // kUnknownTopicOrPartition, kInvalidProducerEpoch, kTransactionCoordinatorFenced, kKafkaStorageError.
  void write(const MarkerToWrite& marker, std::function<void(wire::ErrorCode)> done) override;

 private:
  log::Log& log_;
  SyncWaiters& waiters_;
  const Clock& clock_;
  const OffsetsTopic& offsets_;
  GroupCoordinator& groups_;
};

// What a status of the log is to a client.
wire::ErrorCode to_wire_error(log::AppendStatus status);

}  // namespace antiphon::kafka::broker
