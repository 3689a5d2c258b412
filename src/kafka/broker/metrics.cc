#include "kafka/broker/metrics.h"

namespace antiphon::kafka::broker {

BrokerMetricsSnapshot BrokerMetrics::snapshot() const {
  const auto get = [](const Counter& c) { return c.load(std::memory_order_relaxed); };
  BrokerMetricsSnapshot s;
  for (std::size_t key = 0; key < requests_by_api_.size(); ++key) {
    if (const auto n = get(requests_by_api_[key]); n > 0) s.requests_by_api[static_cast<int>(key)] = n;
  }
  s.bytes_in = get(bytes_in);
  s.bytes_out = get(bytes_out);
  s.connections = get(connections);
  s.connections_accepted = get(connections_accepted);
  s.connections_refused = get(connections_refused);
  s.connections_crowded_out = get(connections_crowded_out);
  s.handshakes_failed = get(handshakes_failed);
  s.authentications = get(authentications);
  s.authentications_failed = get(authentications_failed);
  s.requests_refused = get(requests_refused);
  s.requests_waiting = get(requests_waiting);
  s.journal_syncs = get(journal_syncs);
  s.journal_sync_ns = get(journal_sync_ns);
  s.journal_bytes = get(journal_bytes);
  s.topics = get(topics);
  s.partitions = get(partitions);
  s.groups = get(groups);
  s.transactions_open = get(transactions_open);
  s.transactions_oldest_age_s = get(transactions_oldest_age_s);
  s.transactions_committed = get(transactions_committed);
  s.transactions_aborted = get(transactions_aborted);
  s.transactions_timed_out = get(transactions_timed_out);
  s.producers_fenced_by_epoch = get(producers_fenced_by_epoch);
  s.producers_fenced_by_generation = get(producers_fenced_by_generation);
  s.compaction_passes = get(compaction_passes);
  s.compaction_last_pass_ms = get(compaction_last_pass_ms);
  s.compaction_bytes_read = get(compaction_bytes_read);
  s.compaction_bytes_removed = get(compaction_bytes_removed);
  s.compaction_records_removed = get(compaction_records_removed);
  s.compaction_left_alone = get(compaction_left_alone);
  s.compaction_dirty_percent_max = get(compaction_dirty_percent_max);
  s.durability = "sync before ack (journal)";
  return s;
}

}  // namespace antiphon::kafka::broker
