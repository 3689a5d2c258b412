// A topic of the broker's own: a compacted log of keyed records in which a coordinator keeps its state, in Kafka's
// format, so that tools can see it.
//
// The records of one key (a group, a transactional id) go to partition abs(hash of the key) modulo the count, with
// Java's String.hashCode, as in Kafka. The topic is made on first use. Every append counts as acks=all.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "kafka/broker/core/sync_waiters.h"
#include "kafka/broker/keyed_record.h"
#include "kafka/log/log.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/error_code.h"

namespace antiphon::kafka::broker {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionsTopic = "__transaction_state";
constexpr std::int32_t kOffsetsTopicPartitions = 8;  // of a new data directory; Kafka's 50 buys nothing on one node
constexpr std::int32_t kTransactionsTopicPartitions = 8;

[[nodiscard]] inline bool is_internal_topic(std::string_view name) {
  return name == kOffsetsTopic || name == kTransactionsTopic;
}
// Java's String.hashCode of a text in UTF-8; malformed bytes count as U+FFFD.
std::int32_t java_hash(std::string_view utf8);

class InternalTopic {
 public:
  struct Shape {
    std::string_view name;
    std::int32_t partitions = 0;
    log::TopicConfig config;
  };

  // All outlive it.
  InternalTopic(log::Log& log, SyncWaiters& waiters, const Clock& clock, Shape shape)
      : log_(log), waiters_(waiters), clock_(clock), shape_(std::move(shape)) {}

  // kIo and what create_topic says. Harmless when it is there.
  Result<> ensure();
  // Whether what is known of the key is all there is: COORDINATOR_NOT_AVAILABLE when its records stand in a partition
  // that was found damaged.
  [[nodiscard]] wire::ErrorCode known(std::string_view key);
  // Null, -1: there is no topic yet.
  [[nodiscard]] log::Partition* partition_of(std::string_view key);
  [[nodiscard]] PartitionId partition_id_of(std::string_view key) const;
  // `done` is called once: kNone on stable storage, else COORDINATOR_NOT_AVAILABLE. `settings`: for batches of a
  // producer's transaction.
  void append(std::string_view key, const std::vector<KeyedRecord>& records, std::function<void(wire::ErrorCode)> done,
              const wire::BatchSettings& settings = {});
  // Every record, control records too, partition by partition. False: it was not understood; that is counted, logged
  // and never a reason not to start; nor is damage. kIo: the disk gave no answer, and what it holds is not known.
  using Visit = std::function<bool(PartitionId, const wire::BatchView&, const wire::RecordView&)>;
  Result<> load(const Visit& visit) const;

 private:
  Result<std::uint64_t> load_partition(log::Partition& partition, const Visit& visit) const;

  log::Log& log_;
  SyncWaiters& waiters_;
  const Clock& clock_;
  Shape shape_;
};

}  // namespace antiphon::kafka::broker
