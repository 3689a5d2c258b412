// The settings of the log as a whole, with their defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/result.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

struct LogSettings {
  std::string data_directory;
  std::uint64_t journal_bytes = 64ULL << 20;  // of the ring; written beforehand, once
  std::uint64_t journal_queue_bytes_max = 32ULL
                                          << 20;  // batches waiting for the syncer; more go by a sync of their segment
  std::uint64_t journal_batch_bytes_max = 1ULL << 20;  // a larger batch is not journaled: its segment is synced
  std::size_t open_files_max = 512;  // segment files kept open; those with unsynced bytes stay open beyond it
  std::chrono::milliseconds checkpoint_interval{10'000};  // at the latest so long after a write
  std::chrono::milliseconds producer_id_expiration{24 * 3600 * 1000};
  std::size_t compaction_map_bytes_max = std::size_t{16} << 20;  // keys of one pass: 32 bytes each, three quarters full
  PartitionConfig topic_defaults;

  [[nodiscard]] Result<> validate() const;
};

constexpr std::uint64_t kJournalBatchBytesMax = 4ULL << 20;  // of journal_batch_bytes_max
constexpr std::uint64_t kJournalBytesMin = 1ULL << 16;
constexpr std::uint64_t kJournalBytesMax = 1ULL << 32;

}  // namespace antiphon::kafka::log
