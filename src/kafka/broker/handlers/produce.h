// Produce answers that wait for the disk (acks=all).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kafka/broker/core/context.h"
#include "kafka/wire/produce.h"

namespace antiphon::kafka::broker {

// What a Produce answer says of one partition, owning its texts.
struct ProducedPartition {
  std::string topic;
  PartitionId index;
  wire::ErrorCode error = wire::ErrorCode::kNone;
  Offset base_offset{-1};
  std::int64_t log_append_time_ms = -1;
  Offset log_start_offset{-1};
  std::vector<std::int32_t> keyless_records;
  std::string message;
  bool unsettled = false;
};

class DelayedProduces {
 public:
  using Id = std::uint64_t;
  struct Waiting {
    ReplyStub to;
    std::vector<ProducedPartition> partitions;
    std::size_t unsettled = 0;
    MonoTime deadline;
  };

  Id add(Waiting waiting);
  // One partition of it is on stable storage, or never will be. Answers when it was the last.
  void settled(BrokerContext& context, Id id, std::size_t index, bool durable);
  // Whoever waits too long hears REQUEST_TIMED_OUT.
  void expire(BrokerContext& context, MonoTime now);
  void disconnected(ConnectionId connection);
  [[nodiscard]] MonoTime next_deadline() const {
    return deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first;
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  void answer(BrokerContext& context, Id id);

  Id next_id_ = 1;
  std::unordered_map<Id, Waiting> waiting_;
  std::set<std::pair<MonoTime, Id>> deadlines_;
};

void respond_produced(BrokerContext& context, const ReplyStub& to, const std::vector<ProducedPartition>& partitions);

}  // namespace antiphon::kafka::broker
