#include "kafka/broker/core/partition_markers.h"

#include "kafka/wire/batch_builder.h"

namespace antiphon::kafka::broker {

wire::ErrorCode to_wire_error(log::AppendStatus status) {
  using wire::ErrorCode;
  switch (status) {
    case log::AppendStatus::kAppended:
    case log::AppendStatus::kDuplicate:
      return ErrorCode::kNone;
    case log::AppendStatus::kOutOfOrderSequence:
      return ErrorCode::kOutOfOrderSequenceNumber;
    case log::AppendStatus::kStaleEpoch:
      return ErrorCode::kInvalidProducerEpoch;
    case log::AppendStatus::kInvalidTxnState:
      return ErrorCode::kInvalidTxnState;
    case log::AppendStatus::kCoordinatorFenced:
      return ErrorCode::kTransactionCoordinatorFenced;
    case log::AppendStatus::kInvalidBatch:
      return ErrorCode::kCorruptMessage;
    case log::AppendStatus::kStorageError:
      return ErrorCode::kKafkaStorageError;
  }
  return ErrorCode::kUnknownServerError;
}

void PartitionMarkers::write(const MarkerToWrite& marker, std::function<void(wire::ErrorCode)> done) {
  using wire::ErrorCode;
  log::Partition* partition = log_.partition(marker.partition.topic, marker.partition.partition);
  if (partition == nullptr) return done(ErrorCode::kUnknownTopicOrPartition);
  Bytes batch = wire::transaction_marker(marker.producer.id, marker.producer.epoch, marker.commit,
                                         marker.coordinator_epoch, to_unix_ms(clock_.wall_now()));
  const auto appended = partition->append({.batches = batch, .durability = log::Durability::kSynced, .owner = nullptr});
  if (const auto error = to_wire_error(appended.status); error != ErrorCode::kNone) return done(error);
  waiters_.add(appended.ticket, [this, marker, done = std::move(done)](bool durable) {
    if (durable && marker.partition.topic == kOffsetsTopic) {
      const auto of = [&](std::string_view group) {
        return offsets_.partition_id_of(group) == marker.partition.partition;
      };
      groups_.transaction_ended(marker.producer.id, of, marker.commit);
    }
    done(durable ? ErrorCode::kNone : ErrorCode::kKafkaStorageError);
  });
}

}  // namespace antiphon::kafka::broker
