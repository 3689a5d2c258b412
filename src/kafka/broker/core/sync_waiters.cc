#include "kafka/broker/core/sync_waiters.h"

namespace antiphon::kafka::broker {

void SyncWaiters::settle(const std::vector<log::SettledTicket>& settled, std::vector<PartitionKey>& moved) {
  for (const auto& each : settled) {
    moved.push_back({each.topic, each.partition});
    for (auto node = waiting_.extract(each.ticket); !node.empty(); node = waiting_.extract(each.ticket)) {
      node.mapped()(each.error == nullptr);
    }
  }
}

void SyncWaiters::fail_all() {
  while (!waiting_.empty()) {
    auto node = waiting_.extract(waiting_.begin());
    node.mapped()(false);
  }
}

}  // namespace antiphon::kafka::broker
