// Delayed fetches: they wait until enough bytes are visible, or their time is over.
//
// A waiting fetch is remembered by its partitions; when one of them moves, the fetch is tried again and answered if it
// has enough. It is forgotten when its connection closes. The number is bounded by the owner (waiting_requests_max).
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "kafka/broker/core/partition_key.h"
#include "kafka/broker/group/types.h"

namespace antiphon::kafka::broker {

class FetchPurgatory {
 public:
  // True: it has answered. `last` says that the time is over and it must answer now.
  using Attempt = std::function<bool(bool last)>;

  void add(ConnectionId connection, MonoTime deadline, std::vector<PartitionKey> partitions, Attempt attempt);
  // Tries those that wait for `partition`.
  void moved(const PartitionKey& partition);
  void expire(MonoTime now);
  void disconnected(ConnectionId connection);
  // Answers all, with what there is.
  void finish_all() { expire(MonoTime::max()); }
  [[nodiscard]] MonoTime next_deadline() const {
    return deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first;
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  using Id = std::uint64_t;
  struct Waiting {
    ConnectionId connection;
    MonoTime deadline;
    std::vector<PartitionKey> partitions;
    Attempt attempt;
  };
  void forget(Id id);

  Id next_id_ = 1;
  std::unordered_map<Id, Waiting> waiting_;
  std::set<std::pair<MonoTime, Id>> deadlines_;
  std::unordered_map<PartitionKey, std::vector<Id>, PartitionKeyHash> by_partition_;
  std::unordered_map<ConnectionId, std::vector<Id>> by_connection_;
};

}  // namespace antiphon::kafka::broker
