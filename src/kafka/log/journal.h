// The journal at work: a queue of appends that must become durable, and the syncer that makes them so, group by group.
//
//   reactor   enqueue(), hold(), take_settled(), mark(), release(), grow()
//   syncer    run_once(), wait()
//
// A request whose bytes do not fit (the ring is full until the next checkpoint, or it came without bytes) is made
// durable by a sync of its segments instead, in the same group; the journal then notes how far that partition is
// synced. So nothing waits for a checkpoint, and the ring never overwrites what no synced segment holds.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "kafka/log/journal_format.h"
#include "kafka/log/log.h"
#include "kafka/log/segment_file.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kGroupBytesTarget = 4ULL << 20;  // a group grows so far, and beyond it only for one large entry

// What a partition shares with the threads that sync for it.
struct PartitionSync {
  TopicId topic;
  PartitionId partition{0};
  std::atomic<bool> failed{false};  // a sync of one of its files failed, or an append of it was refused by the syncer
};

struct SyncTarget {
  std::shared_ptr<SegmentFile> segment;
  std::shared_ptr<File> file;
  std::uint64_t anew_from = 0;  // bytes that are written anew before: found by this start
  std::uint64_t anew_to = 0;
};

struct SyncRequest {
  SyncTicket ticket;
  std::shared_ptr<PartitionSync> partition;
  std::vector<std::pair<Offset, ByteView>> batches;  // empty: by a sync of its segments
  std::shared_ptr<const void> owner;                 // of the batches' bytes
  std::vector<SyncTarget> targets;                   // every segment of the partition with unsynced bytes
  Offset end{0};                                     // one past the last offset that becomes durable

  [[nodiscard]] std::uint64_t journal_bytes() const;
};

struct Settled {
  SyncTicket ticket;
  std::shared_ptr<PartitionSync> partition;
  std::shared_ptr<const Error> error;
};

class Journal final : public JournalSyncer {
 public:
  // `limit`: bytes of the ring that were written beforehand, a multiple of 4096. `file` is open for as long.
  Journal(FileSystem& files, std::unique_ptr<File> file, const JournalMark& start, std::uint64_t limit);

  void enqueue(SyncRequest request);
  void take_settled(std::vector<Settled>& out);  // in ascending order of tickets
  [[nodiscard]] JournalMark mark() const;        // all that was enqueued before and is in the journal stands before it
  void release(const JournalMark& mark);         // nothing before it is needed any more
  void grow(std::uint64_t limit);

  bool run_once() override;
  void wait(std::chrono::milliseconds timeout) override;
  void wake() override;
  void hold(bool on) override;
  void on_settled(std::function<void()> callback) override { on_settled_ = std::move(callback); }

  [[nodiscard]] std::uint64_t queued_bytes() const;
  [[nodiscard]] std::uint64_t used_bytes() const;
  [[nodiscard]] std::uint64_t limit() const;
  [[nodiscard]] std::shared_ptr<const Error> failure() const;  // null: well
  void add_metrics(LogMetrics& metrics) const;

 private:
  struct Group;
  struct Note {
    std::shared_ptr<PartitionSync> partition;
    Offset end{0};
  };
  bool take(Group& group);                   // under the mutex
  [[nodiscard]] std::uint64_t room() const;  // largest group that fits, under the mutex
  std::uint64_t place(std::uint64_t bytes);  // moves the head; the caller has looked at room()
  void sync_segments(Group& group);
  void write(Group& group);
  void settle(Group& group);
  void fail(Error error);

  FileSystem& files_;
  std::unique_ptr<File> file_;
  std::function<void()> on_settled_;
  bool held_ = false;         // of the reactor
  bool wake_is_due_ = false;  // of the reactor

  mutable std::mutex mutex_;
  std::condition_variable queued_;
  bool woken_ = false;
  std::deque<SyncRequest> queue_;
  std::uint64_t queued_bytes_ = 0;
  std::vector<Settled> settled_;
  const std::uint64_t epoch_;
  std::uint64_t next_sequence_;
  std::uint64_t head_;
  std::uint64_t tail_;
  std::uint64_t limit_;
  std::shared_ptr<const Error> failure_;
  LogMetrics metrics_;
};

}  // namespace antiphon::kafka::log
