// What the broker counts. Written by the reactor and the syncer, readable from any thread at any time without a lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace antiphon::kafka::broker {

struct BrokerMetricsSnapshot {
  std::map<int, std::uint64_t> requests_by_api;  // API key -> requests answered or refused
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t connections = 0;              // open now
  std::uint64_t connections_accepted = 0;     // since start
  std::uint64_t connections_refused = 0;      // above connections_max, or connections_an_address_max
  std::uint64_t connections_crowded_out = 0;  // made room for others before their client was known
  std::uint64_t handshakes_failed = 0;        // TLS: plain bytes, a certificate that is not taken ...
  std::uint64_t authentications = 0;          // SASL, with success
  std::uint64_t authentications_failed = 0;
  std::uint64_t requests_refused = 0;  // malformed, too large, or of an unknown version
  std::uint64_t requests_waiting = 0;  // delayed Produce, Fetch, JoinGroup, SyncGroup now
  std::uint64_t journal_syncs = 0;
  std::uint64_t journal_sync_ns = 0;  // time spent in them
  std::uint64_t journal_bytes = 0;
  std::uint64_t topics = 0;
  std::uint64_t partitions = 0;
  std::uint64_t groups = 0;
  std::uint64_t transactions_open = 0;          // of prepared ones some marker is not durable yet
  std::uint64_t transactions_oldest_age_s = 0;  // of these; it holds the last stable offset of its partitions
  std::uint64_t transactions_committed = 0;     // ended since start
  std::uint64_t transactions_aborted = 0;
  std::uint64_t transactions_timed_out = 0;
  std::uint64_t producers_fenced_by_epoch = 0;       // requests refused: a newer instance, or a timeout
  std::uint64_t producers_fenced_by_generation = 0;  // TxnOffsetCommit of a member that is none any more (KIP-447)
  std::uint64_t compaction_passes = 0;
  std::uint64_t compaction_last_pass_ms = 0;  // Unix time; 0: none yet
  std::uint64_t compaction_bytes_read = 0;
  std::uint64_t compaction_bytes_removed = 0;
  std::uint64_t compaction_records_removed = 0;
  std::uint64_t compaction_left_alone = 0;         // partitions, because of damage
  std::uint64_t compaction_dirty_percent_max = 0;  // of all partitions, as Kafka's max-dirty-percent
  std::string durability;                          // of acks=all; there is one mode
};

class BrokerMetrics {
 public:
  static constexpr std::size_t kApiKeysMax = 128;

  void count_request(int api_key) {
    if (api_key >= 0 && static_cast<std::size_t>(api_key) < kApiKeysMax)
      add(requests_by_api_[static_cast<std::size_t>(api_key)], 1);
  }
  [[nodiscard]] BrokerMetricsSnapshot snapshot() const;

  using Counter = std::atomic<std::uint64_t>;
  static void add(Counter& counter, std::uint64_t by) { counter.fetch_add(by, std::memory_order_relaxed); }
  static void set(Counter& gauge, std::uint64_t to) { gauge.store(to, std::memory_order_relaxed); }

  Counter bytes_in{0}, bytes_out{0};
  Counter connections{0}, connections_accepted{0}, connections_refused{0}, requests_refused{0}, requests_waiting{0};
  Counter connections_crowded_out{0}, handshakes_failed{0}, authentications{0}, authentications_failed{0};
  Counter journal_syncs{0}, journal_sync_ns{0}, journal_bytes{0};
  Counter topics{0}, partitions{0}, groups{0};
  Counter transactions_open{0}, transactions_oldest_age_s{0};
  Counter transactions_committed{0}, transactions_aborted{0}, transactions_timed_out{0};
  Counter producers_fenced_by_epoch{0}, producers_fenced_by_generation{0};
  Counter compaction_passes{0}, compaction_last_pass_ms{0}, compaction_bytes_read{0}, compaction_bytes_removed{0};
  Counter compaction_records_removed{0}, compaction_left_alone{0}, compaction_dirty_percent_max{0};

 private:
  std::array<Counter, kApiKeysMax> requests_by_api_{};
};

}  // namespace antiphon::kafka::broker
