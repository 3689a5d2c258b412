// The checkpoint file: from where the journal is needed, and for each partition what is on stable storage and what a
// start would otherwise have to read the whole log for. Written atomically; docs/formats/log.md, "Checkpoint".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "kafka/log/journal_format.h"
#include "kafka/log/partition_transactions.h"
#include "kafka/log/producer_state.h"
#include "kafka/log/sparse_index.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kCheckpointBytesMax = 1ULL << 30;

struct EpochStart {
  LeaderEpoch epoch{0};
  Offset start{0};
};

struct PartitionCheckpoint {
  Offset log_start{0};
  Offset synced_end{0};  // everything below is durable
  Offset acknowledged_end{
      0};                 // above synced_end only for a partition that was found damaged: it is to be found so again
  Offset active_base{0};  // of the segment that synced_end lies in
  std::uint64_t active_bytes = 0;  // of it, below synced_end
  TimeEntry active_max_time{-1, Offset(0)};
  std::int64_t active_first_timestamp_ms = -1;
  std::vector<EpochStart> epochs;
  ProducerStateTable producers;
  TransactionsMark transactions;
};

using PartitionKey = std::pair<TopicId, PartitionId>;

struct Checkpoint {
  JournalMark journal;
  std::map<PartitionKey, PartitionCheckpoint> partitions;
};

Bytes encode_checkpoint(const Checkpoint& checkpoint);
Result<Checkpoint> decode_checkpoint(ByteView bytes);  // any bytes; kCorrupt

// A topic's file.
Bytes encode_topic(const TopicMeta& topic);
Result<TopicMeta> decode_topic(ByteView bytes);  // any bytes; kCorrupt

}  // namespace antiphon::kafka::log
