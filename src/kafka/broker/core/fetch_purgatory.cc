#include "kafka/broker/core/fetch_purgatory.h"

#include <algorithm>

namespace antiphon::kafka::broker {
namespace {

template <class Map, class Key, class Id>
void drop(Map& map, const Key& key, Id id) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  std::erase(found->second, id);
  if (found->second.empty()) map.erase(found);
}

}  // namespace

void FetchPurgatory::add(ConnectionId connection, MonoTime deadline, std::vector<PartitionKey> partitions,
                         Attempt attempt) {
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  const Id id = next_id_++;
  for (const auto& partition : partitions) by_partition_[partition].push_back(id);
  by_connection_[connection].push_back(id);
  deadlines_.insert({deadline, id});
  waiting_.emplace(id, Waiting{connection, deadline, std::move(partitions), std::move(attempt)});
}

void FetchPurgatory::forget(Id id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  for (const auto& partition : found->second.partitions) drop(by_partition_, partition, id);
  drop(by_connection_, found->second.connection, id);
  deadlines_.erase({found->second.deadline, id});
  waiting_.erase(found);
}

void FetchPurgatory::moved(const PartitionKey& partition) {
  const auto found = by_partition_.find(partition);
  if (found == by_partition_.end()) return;
  const std::vector<Id> candidates = found->second;  // a copy: answering changes the table
  for (const Id id : candidates) {
    const auto waiting = waiting_.find(id);
    if (waiting != waiting_.end() && waiting->second.attempt(false)) forget(id);
  }
}

void FetchPurgatory::expire(MonoTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    waiting_.find(id)->second.attempt(true);
    forget(id);
  }
}

void FetchPurgatory::disconnected(ConnectionId connection) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  const std::vector<Id> gone = found->second;
  for (const Id id : gone) forget(id);
}

}  // namespace antiphon::kafka::broker
