// Partition: an ordered run of record batches, in segments of Kafka's layout.
//
// Threads: every method belongs to the reactor thread, and none waits for a sync. What has to wait is a SyncTicket: the
// Log tells by poll_completed() when it is settled (kafka/log/log.h).
//
// Offsets:   log_start <= last_stable <= high_watermark <= log_end (one past the last record written).
// Below the last stable offset every transaction has ended for good (KIP-98).
// The high watermark passes a kSynced batch when it is on stable storage, a kWritten one at once unless an unsettled
// kSynced batch stands before it. Reads give what lies below the end the caller names, never above the log's end.
//
// A partition FAILS when its own file could not be written or synced, or when acknowledged bytes are found damaged:
// appends are then refused with kStorageError until the next start, reads go on. Nothing is tried again as if nothing
// had happened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "core/result.h"
#include "core/types.h"
#include "kafka/log/aborted_index.h"
#include "kafka/log/producer_state.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

enum class Durability : std::uint8_t {
  kNone,     // acks=0
  kWritten,  // acks=1: in the segment (page cache)
  kSynced,   // acks=all: on stable storage once the ticket is settled
};

// One number for every append that waits; settled in ascending order. 0: nothing to wait for.
using SyncTicket = Strong<struct SyncTicketTag, std::uint64_t>;

struct AppendRequest {
  // One or more whole v2 batches, each with its CRC verified by the caller. Base offset and leader epoch are patched in
  // place (both lie outside the CRC); timestamps are stored as they are.
  MutableByteView batches;
  Durability durability = Durability::kWritten;
  // Keeps `batches` alive and unchanged until the syncer has written them; null: they are copied if they are journaled.
  std::shared_ptr<const void> owner;
};

enum class AppendStatus : std::uint8_t {
  kAppended,
  kDuplicate,           // offsets are those of the first time; wait for the ticket all the same
  kOutOfOrderSequence,  // OUT_OF_ORDER_SEQUENCE_NUMBER
  kStaleEpoch,          // INVALID_PRODUCER_EPOCH
  kInvalidTxnState,     // INVALID_TXN_STATE: a batch outside of the transaction that its producer has open here
  kCoordinatorFenced,   // TRANSACTION_COORDINATOR_FENCED: a marker of an older coordinator epoch
  kInvalidBatch,        // not v2 batches, or larger than a segment may be: CORRUPT_MESSAGE
  kStorageError,        // KAFKA_STORAGE_ERROR: the disk refused or is full, or the partition or the journal has failed
};
std::string_view to_string(AppendStatus status);

struct AppendResult {
  AppendStatus status = AppendStatus::kAppended;
  Offset base_offset{-1};
  Offset last_offset{-1};
  SyncTicket ticket;  // not 0: answer only when it is settled (durability kSynced)
  std::string error;  // for a person, where status is an error
};

// A run of whole batches in one segment file, for sendfile(2). The file stays readable as long as the slice lives, even
// when retention removes it meanwhile. length 0: nothing to read (from == end).
struct LogSlice {
  std::shared_ptr<const File> file;
  std::uint64_t position = 0;
  std::uint64_t length = 0;
  Offset first_offset{-1};  // base offset of the first batch: may be below what was asked for
  Offset next_offset{-1};   // read on here
};

struct TimestampOffset {
  std::int64_t timestamp_ms = -1;
  Offset offset{-1};
  LeaderEpoch leader_epoch{-1};
};

struct EpochEnd {
  LeaderEpoch epoch{-1};
  Offset end_offset{-1};
};

struct DeletedSegment {  // what retention removed, and why: the caller logs it
  std::string file;
  Offset first_offset{0};
  Offset next_offset{0};
  std::uint64_t bytes = 0;
  std::string reason;
};

class Partition {
 public:
  virtual ~Partition() = default;

  [[nodiscard]] virtual const std::string& topic() const = 0;
  [[nodiscard]] virtual const TopicId& topic_id() const = 0;
  [[nodiscard]] virtual PartitionId id() const = 0;

  virtual AppendResult append(const AppendRequest& request) = 0;

  // Whole batches from the one that holds `from` up to offset `end` (exclusive: the high watermark, the last stable
  // offset or the log's end), at most max_bytes of them, but always the first (KIP-74). from == log end: an empty
  // slice. kNotFound: `from` is out of range (OFFSET_OUT_OF_RANGE).
  virtual Result<LogSlice> read(Offset from, std::uint64_t max_bytes, Offset end) = 0;

  [[nodiscard]] virtual Offset log_start_offset() const = 0;
  [[nodiscard]] virtual Offset last_stable_offset() const = 0;
  [[nodiscard]] virtual Offset high_watermark() const = 0;
  [[nodiscard]] virtual Offset log_end_offset() const = 0;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;

  // The first record at or below the high watermark whose timestamp is >= t, per record; none: nullopt.
  virtual Result<std::optional<TimestampOffset>> offset_for_timestamp(std::int64_t timestamp_ms) = 0;
  // The record with the largest timestamp (the first of several); an empty partition: nullopt.
  virtual Result<std::optional<TimestampOffset>> max_timestamp() = 0;

  [[nodiscard]] virtual LeaderEpoch leader_epoch() const = 0;  // rises when a start had to cut the log
  [[nodiscard]] virtual LeaderEpoch epoch_of(Offset offset) const = 0;
  [[nodiscard]] virtual EpochEnd end_of_epoch(LeaderEpoch epoch) const = 0;  // OffsetForLeaderEpoch's answer

  // The aborted transactions of which something stands in [from, end), end at most the last stable offset. A
  // transactional batch there is aborted if is_aborted() says so of them, else committed. At or behind the last stable
  // offset nothing is decided.
  [[nodiscard]] virtual Result<std::vector<AbortedTransaction>> aborted_transactions(Offset from, Offset end) const = 0;
  // Where the transaction begins that this producer has open; none: nothing.
  [[nodiscard]] virtual std::optional<Offset> open_transaction(ProducerId producer) const = 0;
  [[nodiscard]] virtual const ProducerStateTable& producers() const = 0;
  [[nodiscard]] virtual const std::optional<Error>& failure() const = 0;

  // Removes whole segments that retention.ms or retention.bytes no longer keep. Never the active one's unsettled bytes.
  virtual std::vector<DeletedSegment> apply_retention(WallTime now) = 0;
  // DeleteRecords: nothing below `offset` is served any more; durable with the next checkpoint.
  virtual Result<> advance_log_start(Offset offset) = 0;
  // Reads every batch in [log start, log end) and checks it. kCorrupt names the file and the position.
  virtual Result<> verify() = 0;
};

// The slice's bytes, for a memory file system, down-conversion or a coordinator that loads its state.
Result<Bytes> read_bytes(const LogSlice& slice);

}  // namespace antiphon::kafka::log
