#include "kafka/broker/core/sync_waiters.h"

namespace antiphon::kafka::broker {

void SyncWaiters::settle(const std::vector<log::SettledTicket>& settled, std::vector<PartitionKey>& moved) {
  for (const auto& each : settled) {
    while (true) {
      auto node = waiting_.extract(each.ticket);
      if (node.empty()) break;
      moved.push_back(node.mapped().partition);
      node.mapped().done(each.error == nullptr);
    }
  }
}

void SyncWaiters::fail_all() {
  while (!waiting_.empty()) {
    auto node = waiting_.extract(waiting_.begin());
    node.mapped().done(false);
  }
}

}  // namespace antiphon::kafka::broker
