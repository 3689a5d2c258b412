// Who waits for the log's syncs: appends that asked for acks=all, in the order of their tickets.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "kafka/broker/core/partition_key.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::broker {

class SyncWaiters {
 public:
  // `done` is told once: durable, or not. It may add others.
  using Done = std::function<void(bool durable)>;

  void add(log::SyncTicket ticket, Done done) { waiting_.emplace(ticket, std::move(done)); }
  // Tells whoever waits for these tickets, and which partitions may have moved.
  void settle(const std::vector<log::SettledTicket>& settled, std::vector<PartitionKey>& moved);
  // At the end: nothing more will be settled.
  void fail_all();
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  std::multimap<log::SyncTicket, Done> waiting_;
};

}  // namespace antiphon::kafka::broker
