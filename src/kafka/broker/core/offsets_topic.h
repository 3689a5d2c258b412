// __consumer_offsets: where the group coordinator's records live, as a real compacted topic that tools can see.
//
// A group's records go to partition abs(hash of its id) modulo the count, with Java's String.hashCode, as in Kafka. The
// topic is made on first use. Every append counts as acks=all.
#pragma once

#include <string_view>

#include "core/clock.h"
#include "kafka/broker/core/sync_waiters.h"
#include "kafka/broker/group/coordinator.h"
#include "kafka/broker/group/store.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::broker {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionsTopic = "__transaction_state";
constexpr std::int32_t kOffsetsTopicPartitions = 8;  // of a new data directory; Kafka's 50 buys nothing on one node

[[nodiscard]] inline bool is_internal_topic(std::string_view name) {
  return name == kOffsetsTopic || name == kTransactionsTopic;
}
// Java's String.hashCode of a text in UTF-8; malformed bytes count as U+FFFD.
std::int32_t java_hash(std::string_view utf8);

class OffsetsTopic final : public GroupStore {
 public:
  // Both outlive it. `moved` gets the partitions whose high watermark may have moved at once.
  OffsetsTopic(log::Log& log, SyncWaiters& waiters, const Clock& clock) : log_(log), waiters_(waiters), clock_(clock) {}

  // kIo and what create_topic says. Harmless when it is there.
  Result<> ensure();
  void append(std::string_view group_id, std::vector<GroupRecord> records,
              std::function<void(wire::ErrorCode)> done) override;
  // Feeds every record to the coordinator. A record that cannot be read is counted and left out, never a reason not to
  // start.
  Result<> load_into(GroupCoordinator& coordinator, Instant now) const;

 private:
  log::Partition* partition_of(std::string_view group_id);
  [[nodiscard]] Result<std::uint64_t> load_partition(log::Partition& partition, GroupCoordinator& coordinator,
                                                     Instant now) const;

  log::Log& log_;
  SyncWaiters& waiters_;
  const Clock& clock_;
};

}  // namespace antiphon::kafka::broker
