#include "kafka/broker/core/offsets_topic.h"

namespace antiphon::kafka::broker {

void OffsetsTopic::append(std::string_view group_id, std::vector<GroupRecord> records,
                          std::function<void(wire::ErrorCode)> done) {
  topic_.append(group_id, records, std::move(done));
}

void OffsetsTopic::append_in_transaction(std::string_view group_id, const ProducerIdentity& producer,
                                         std::vector<GroupRecord> records, std::function<void(wire::ErrorCode)> done) {
  wire::BatchSettings settings;
  settings.transactional = true;
  settings.producer_id = producer.id;
  settings.producer_epoch = producer.epoch;
  topic_.append(group_id, records, std::move(done), settings);
}

Result<> OffsetsTopic::load_into(GroupCoordinator& coordinator, Instant now) const {
  ANTIPHON_TRY_VOID(
      topic_.load([&](PartitionId partition, const wire::BatchView& batch, const wire::RecordView& record) {
        if (batch.control()) {
          const auto commit = wire::marker_commits(record);
          const auto of = [&](std::string_view group_id) { return partition_id_of(group_id) == partition; };
          if (commit) coordinator.transaction_ended(batch.producer_id(), of, *commit);
          return true;
        }
        std::optional<ProducerId> transaction;
        if (batch.transactional()) transaction = batch.producer_id();
        return coordinator.load(*record.key, record.value, now, transaction).has_value();
      }));
  coordinator.loaded(now);
  return {};
}

}  // namespace antiphon::kafka::broker
