// __consumer_offsets: where the group coordinator's records live.
#pragma once

#include <string_view>

#include "kafka/broker/core/internal_topic.h"
#include "kafka/broker/group/coordinator.h"
#include "kafka/broker/group/store.h"

namespace antiphon::kafka::broker {

class OffsetsTopic final : public GroupStore {
 public:
  // All outlive it.
  OffsetsTopic(log::Log& log, SyncWaiters& waiters, const Clock& clock)
      : topic_(log, waiters, clock,
               {kOffsetsTopic,
                kOffsetsTopicPartitions,
                {{"cleanup.policy", "compact"}, {"compression.type", "producer"}, {"segment.bytes", "104857600"}}}) {}

  // Whether what is known of the group's offsets is all there is: kCoordinatorNotAvailable when they stand in a
  // partition that was found damaged. Better no answer than one that sends a consumer back, or to the end.
  [[nodiscard]] wire::ErrorCode known(std::string_view group_id) { return topic_.known(group_id); }
  Result<> ensure() { return topic_.ensure(); }
  [[nodiscard]] PartitionId partition_id_of(std::string_view group_id) const {
    return topic_.partition_id_of(group_id);
  }
  void append(std::string_view group_id, std::vector<GroupRecord> records,
              std::function<void(wire::ErrorCode)> done) override;
  void append_in_transaction(std::string_view group_id, const ProducerIdentity& producer,
                             std::vector<GroupRecord> records, std::function<void(wire::ErrorCode)> done) override;
  // Feeds every record to the coordinator; what a transaction committed counts from its marker on. kIo: they could not
  // be read, and without them every consumer would begin anew, or at the end: better no start.
  Result<> load_into(GroupCoordinator& coordinator, Instant now) const;

 private:
  InternalTopic topic_;
};

}  // namespace antiphon::kafka::broker
