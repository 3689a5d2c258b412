// Transactions: records and a group's offsets that stand together or not at all (KIP-98), written by a member of that
// group (KIP-447): Kafka refuses what a member wrote that the group has given up. A reader with
// isolation.level=read_committed (the readers of this folder) sees nothing of a refused one.
//
// All records are at the brokers before the offsets are: when the group's word is asked for, everything that it is
// about lies before whatever a successor writes.
//
// Not thread-safe. Every call blocks, up to its timeout at least once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "adapters/bus/consumer.h"
#include "core/record.h"
#include "core/result.h"

namespace antiphon::bus {

struct GroupOffsets {
  std::map<TopicPartition, Offset> next;
  std::string metadata;  // of each: any text up to 4096 bytes (offset.metadata.max.bytes)
};

struct TransactionSettings {
  std::string transactional_id;  // of one process at a time: the newest has it, older ones are refused
  // After so long the broker ends by itself what a dead process left open. Readers of read_committed wait for that at
  // worst.
  std::chrono::milliseconds open_time_max{10'000};
  std::size_t record_bytes_max = 6U << 20;
};

class Transactions {
 public:
  // Asks nothing of the brokers yet.
  static std::unique_ptr<Transactions> create(const Connection& connection, const TransactionSettings& settings);
  virtual ~Transactions() = default;

  // One transaction. On an error nothing of it is taken for written, and it may be written again, whole: kConflict: the
  // group has given this member up, or divides anew at this moment; kUnavailable: the brokers did not answer, and what
  // was written may stand or not.
  virtual Result<> write(const std::vector<OutgoingRecord>& records, const GroupOffsets& offsets, GroupConsumer& group,
                         std::chrono::milliseconds timeout) = 0;
};

// Ends what a process with this transactional id has left open, and refuses what it writes from now on until it has
// asked for the id again. kCancelled within half a second of `cancelled` saying so.
Result<> end_transactions_of(
    const Connection& connection, const TransactionSettings& settings, std::chrono::milliseconds timeout,
    const std::function<bool()>& cancelled = [] { return false; });

}  // namespace antiphon::bus
