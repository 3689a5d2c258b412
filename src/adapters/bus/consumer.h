// Two ways to read topics.
//
// GroupConsumer: a member of a consumer group, shares the partitions with the others of its group.id, commits. Its rule
// is the house's: auto.offset.reset=error; on assignment the committed offset is read: there is one -> go on there;
// none -> start at the log's start (a new target, or offsets that expired; reading again is harmless) and say so; out
// of range (beyond the end: for doubt_max) -> that partition stops and is reported as LOSS with the range.
// PartitionReader: named partitions from named offsets, no group; for loading state and for tools.
//
// An offset beyond the end is doubted first, by the rule in doubt.h: it may come to that a partition is read again from
// an earlier offset.
//
// Both: single-threaded (one thread calls everything but wake(), end() and membership(), callbacks run inside poll()
// and close()). Records are views valid until the next poll().
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "core/record.h"
#include "core/result.h"

namespace antiphon::bus {

struct TopicPartition {
  std::string topic;
  PartitionId partition;

  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct OffsetRange {
  Offset start;  // the first offset still there
  Offset end;    // one past the last (the high watermark: also of transactions that are open; see readable_ends)
};

// A message in hand: owns the bytes that `record` looks at.
class Message {
 public:
  virtual ~Message() = default;
  [[nodiscard]] virtual const IncomingRecord& record() const = 0;
};

struct GroupSettings {
  std::string group_id;  // NAMESPACE.STAGE.NAME
  std::vector<std::string> topics;
  std::string instance_id;  // group.instance.id; empty: a dynamic member
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds poll_interval_max{300'000};
  std::chrono::milliseconds fetch_wait{2'000};  // as ReaderSettings'; partitions that come later wait for it
  std::size_t fetch_queue_bytes_max = 16U << 20;
  // Partitions are only held: nothing is read of them, so nobody needs to answer for them when they are assigned. Each
  // starts at its committed offset, or at 0; no loss is told.
  bool holds_only = false;
  // So long a committed offset beyond the end is not called lost: a leader that is cut off from the others knows no
  // better. Longer than a cluster takes to find that out and clients to hear of the next leader.
  std::chrono::milliseconds doubt_max{60'000};
};

// Which member of which generation of a group: what a transaction says of who writes it (KIP-447).
class Membership {
 public:
  virtual ~Membership() = default;
};

class GroupEvents {
 public:
  virtual ~GroupEvents() = default;
  // Partitions that are ours from now on, each with the offset it starts at. Also one that is ours already and is read
  // again, from where the group knows it to be finished or earlier: what was taken of it before counts no more. Runs
  // inside poll().
  virtual void on_assigned(const std::map<TopicPartition, Offset>& partitions) = 0;
  // No longer ours: finish or drop what is under way; a commit in here still counts.
  virtual void on_revoked(const std::vector<TopicPartition>& partitions) = 0;
  // The offset to go on at is gone from the log: [committed, log start) was lost, or the log was cut at the available
  // end, the lowest that was told. The partition stands still.
  virtual void on_loss(const TopicPartition& partition, Offset committed, OffsetRange available) = 0;
};

class GroupConsumer {
 public:
  // `events` must outlive the consumer.
  static Result<std::unique_ptr<GroupConsumer>> create(const Connection& connection, const GroupSettings& settings,
                                                       GroupEvents& events);
  virtual ~GroupConsumer() = default;  // leaves the group; commits nothing

  // The next message, nullptr when none came in time. kUnavailable: brokers away (go on polling); other errors end the
  // stage. kLimit: the group has another member of this instance_id; a new start joins again. It takes longer than
  // `timeout` where partitions are assigned (until their brokers answer, a minute or two at most) and where an offset
  // is doubted (a second for a leader that does not answer; and once the group's answer to a commit).
  virtual Result<std::unique_ptr<Message>> poll(std::chrono::milliseconds timeout) = 0;
  // From any thread: the end has come. The poll() that waits now, or the next one that would, returns at once; a broker
  // that does not answer is asked no second time, what is asked now on assignment waits for 2 s at most (on a doubt 1
  // s, a commit as commit() does), and nothing more is asked.
  virtual void end() = 0;
  // Leaves the group; what is still ours is revoked inside it. Nothing but membership() and end() may be called after.
  virtual void close() = 0;
  // From any thread: as it is now. Never nothing; one that the group does not know is refused by it.
  virtual std::unique_ptr<Membership> membership() = 0;
  // Of an assigned partition: the metadata of the offset that was committed when it was assigned.
  [[nodiscard]] virtual std::string metadata(const TopicPartition& partition) const = 0;
  // `next`: the offset to go on at. Waits for the broker's answer, socket.timeout.ms at most. kUnavailable: try again;
  // kConflict: no longer ours.
  virtual Result<> commit(const std::map<TopicPartition, Offset>& next, const std::string& metadata = {}) = 0;
  // The same without waiting, one at a time: `then` runs inside a later poll() (or at once, when it cannot be asked),
  // or not at all when there is none.
  virtual void commit_later(const std::map<TopicPartition, Offset>& next, const std::string& metadata,
                            std::function<void(const Result<>&)> then) = 0;
  virtual Result<> pause(const std::vector<TopicPartition>& partitions) = 0;
  virtual Result<> resume(const std::vector<TopicPartition>& partitions) = 0;
  virtual Result<> seek(const TopicPartition& partition, Offset offset) = 0;
  virtual Result<OffsetRange> offsets(const TopicPartition& partition, std::chrono::milliseconds timeout) = 0;
  // The partition's end as the last fetch told it, without a question; nothing before the first answer. It stands still
  // while the partition is paused.
  [[nodiscard]] virtual std::optional<Offset> known_end(const TopicPartition& partition) const = 0;
  // Whether the group's coordinator answers now. Not held up by fetches.
  virtual Result<> reach_coordinator(std::chrono::milliseconds timeout) = 0;
};

struct ReaderSettings {
  // How long a fetch waits for records at the broker. Longer is quieter; an end that holds no record (compaction,
  // transactions) is known so late, and partitions of a new assign() are read so late at worst.
  std::chrono::milliseconds fetch_wait{500};
  // offsets() tells the end that can be read now, before the first transaction that is open; else a reader may have to
  // wait for that one.
  bool readable_ends = false;
  // As GroupSettings'. Then kNotFound.
  std::chrono::milliseconds doubt_max{60'000};
  // For offsets() and offset_at() alone: half the threads and connections.
  bool asks_only = false;
};

class PartitionReader {
 public:
  static Result<std::unique_ptr<PartitionReader>> create(const Connection& connection,
                                                         const ReaderSettings& settings = {});
  virtual ~PartitionReader() = default;

  // Replaces what is read. Offsets below the log's start: kNotFound comes from poll(). Beyond its end: poll() waits
  // until they are there, and reads on from the lowest end that was told meanwhile.
  virtual Result<> assign(const std::map<TopicPartition, Offset>& from) = 0;
  // Where an offset is doubted it takes a second longer for a leader that does not answer.
  virtual Result<std::unique_ptr<Message>> poll(std::chrono::milliseconds timeout) = 0;
  // From any thread: the poll() that waits for records now, or the next one that would, returns at once.
  virtual void wake() = 0;
  virtual Result<OffsetRange> offsets(const TopicPartition& partition, std::chrono::milliseconds timeout) = 0;
  // The offset behind the last record handed out, or the log's end where that was reached (compaction may have removed
  // what was before it); nothing before the first poll of that partition has brought either.
  [[nodiscard]] virtual std::optional<Offset> position(const TopicPartition& partition) const = 0;
  // The first offset whose timestamp is at or after the time; the end where there is none.
  virtual Result<Offset> offset_at(const TopicPartition& partition, std::int64_t timestamp_ms,
                                   std::chrono::milliseconds timeout) = 0;
};

// Reads every record in [from, to) of the partitions (from: the log's start, to: the end as it is when called) and
// returns when all were handed out, some of them twice where a leader told an old end; offsets that compaction removed
// are passed over. `each` returning an error ends it with that error; `cancelled`, asked with each record and every
// 100 ms without one, with kCancelled.
Result<> read_all(
    PartitionReader& reader, const std::map<TopicPartition, OffsetRange>& ranges,
    std::chrono::milliseconds timeout_without_progress, const std::function<Result<>(const IncomingRecord&)>& each,
    const std::function<bool()>& cancelled = [] { return false; });

}  // namespace antiphon::bus
