// PartitionLog: the Partition there is. Its segments, what is settled of them, and what a checkpoint must sync.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/log/checkpoint.h"
#include "kafka/log/compaction/partition_cleaner.h"
#include "kafka/log/journal.h"
#include "kafka/log/partition.h"
#include "kafka/log/segment.h"
#include "kafka/log/settings.h"

namespace antiphon::kafka::log {

// What all partitions of a log share. Outlives them.
struct LogContext {
  const LogSettings& settings;
  FileSystem& files;
  FilePool& pool;
  Journal* journal = nullptr;  // null until recovery is over
  std::uint64_t last_ticket = 0;
  std::uint64_t writes = 0;           // appends, ever
  std::vector<std::string> removals;  // paths, for the next background job
};

// What the background thread does for one partition.
struct PartitionSyncJob {
  std::shared_ptr<PartitionSync> partition;
  std::vector<SyncTarget> targets;
  std::vector<Offset> log_bases;  // of the segments among them, with the size that is synced
  std::vector<std::uint64_t> log_sizes;
  std::uint64_t writes = 0;  // unjournaled_writes at the time
  std::string directory;
  std::size_t dropped = 0;  // segments: the checkpoint says that nobody needs them
};

class PartitionLog final : public Partition {
 public:
  PartitionLog(LogContext& context, const TopicMeta& topic, PartitionId id, const PartitionConfig& config);
  ~PartitionLog() override = default;

  [[nodiscard]] const std::string& topic() const override { return topic_; }
  [[nodiscard]] const TopicId& topic_id() const override { return sync_->topic; }
  [[nodiscard]] PartitionId id() const override { return sync_->partition; }
  AppendResult append(const AppendRequest& request) override;
  Result<LogSlice> read(Offset from, std::uint64_t max_bytes, Offset end) override;
  [[nodiscard]] Offset log_start_offset() const override { return log_start_; }
  [[nodiscard]] Offset last_stable_offset() const override;
  [[nodiscard]] Offset high_watermark() const override { return high_watermark_; }
  [[nodiscard]] Offset log_end_offset() const override { return log_end_; }
  [[nodiscard]] std::uint64_t size_bytes() const override;
  Result<std::optional<TimestampOffset>> offset_for_timestamp(std::int64_t timestamp_ms) override;
  Result<std::optional<TimestampOffset>> max_timestamp() override;
  [[nodiscard]] LeaderEpoch leader_epoch() const override;
  [[nodiscard]] LeaderEpoch epoch_of(Offset offset) const override;
  [[nodiscard]] EpochEnd end_of_epoch(LeaderEpoch epoch) const override;
  [[nodiscard]] Result<std::vector<AbortedTransaction>> aborted_transactions(Offset from, Offset end) const override {
    return transactions_.aborted().between(from, end);
  }
  [[nodiscard]] std::optional<Offset> open_transaction(ProducerId producer) const override {
    return transactions_.open_since(producer);
  }
  [[nodiscard]] const ProducerStateTable& producers() const override { return producers_; }
  [[nodiscard]] const std::optional<Error>& failure() const override { return failure_; }
  std::vector<DeletedSegment> apply_retention(WallTime now) override;
  Result<> advance_log_start(Offset offset) override;
  Result<> verify() override;

  // For the log that owns it.
  void set_config(const PartitionConfig& config) { config_ = config; }
  void settle(SyncTicket ticket, const std::shared_ptr<const Error>& error);
  void expire_producers(std::int64_t before_ms) {
    producers_.expire(before_ms, [this](ProducerId id) { return transactions_.open_since(id).has_value(); });
  }
  [[nodiscard]] const std::shared_ptr<PartitionSync>& sync_state() const { return sync_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] bool has_files() const { return !segments_.empty(); }
  [[nodiscard]] const PartitionConfig& config() const { return config_; }
  [[nodiscard]] CleaningState& cleaning() { return cleaning_; }
  // What recovery left unsynced becomes visible once this is settled.
  void sync_what_was_found();
  [[nodiscard]] bool waits_for_what_was_found() const { return found_ticket_ != SyncTicket(0); }

  // Checkpoint: what to sync (nothing: null), and what is true once that is done.
  std::optional<PartitionSyncJob> begin_checkpoint();
  void finish_checkpoint(const PartitionSyncJob& job, bool written);
  [[nodiscard]] PartitionCheckpoint checkpoint();
  void fail(Error error);
  // Found damaged at the start: it needs nothing from the journal any more.
  [[nodiscard]] bool damaged() const { return damaged_below_ > log_end_; }

 private:
  friend class PartitionCleaner;
  friend class PartitionRecovery;
  struct Unsettled {
    SyncTicket ticket;
    Offset base_offset;
    Offset segment_base;  // where base_offset stands
    std::uint64_t position = 0;
    Offset end;
  };
  struct Hint {  // where a reader that goes on will begin
    Offset offset{-1};
    Offset segment_base;
    std::uint64_t position = 0;
  };

  [[nodiscard]] Segment& active() { return *segments_.rbegin()->second; }
  [[nodiscard]] const Segment& active() const { return *segments_.rbegin()->second; }
  [[nodiscard]] Offset end_of(std::map<Offset, std::unique_ptr<Segment>>::const_iterator segment) const;
  Result<> make_active(Offset base);
  Result<> roll();  // seals the active segment
  Result<> roll_if_needed(std::uint64_t bytes, const BatchHeader& first, const BatchHeader& last);
  AppendResult refuse(AppendStatus status, std::string error) const;
  std::optional<AppendResult> check_producers(std::vector<BatchHeader>& batches);
  SyncTicket request_sync(const AppendRequest& request, const std::vector<BatchHeader>& batches);
  SyncTicket ticket_for_duplicate(Offset last_offset);
  // `invisible`: from where on, without its ticket.
  SyncTicket sync_segments(const Unsettled& invisible, std::vector<SyncTarget> targets);
  std::vector<SyncTarget> unsynced_targets();
  void move_high_watermark();
  std::optional<AppendResult> check_transaction(const BatchHeader& batch) const;
  void remember(const BatchHeader& batch, Offset segment);
  Result<LogSlice> find_slice(Offset from, std::uint64_t max_bytes, Offset end);
  // Stored bytes are damaged: says so once, and takes no more writes.
  void isolate(const Error& damage);
  // Makes the slice end before damaged bytes; kCorrupt where it begins with them. The partition has failed then.
  Result<> check(Segment& segment, Offset segment_end, LogSlice& slice);
  struct Limit {
    std::uint64_t position = 0;
    Offset offset;
  };
  Result<Limit> limit_of(Segment& segment, Offset segment_end, Offset end);
  Result<std::optional<TimestampOffset>> find_record(Segment& segment, std::uint64_t position, std::int64_t at_least);
  Result<std::optional<TimestampOffset>> record_in_batch(Segment& segment, const Segment::Place& place,
                                                         std::optional<std::int64_t> at_least);
  DeletedSegment drop_first(std::string reason);
  static void sync_index(EntryFile& index, PartitionSyncJob& job);

  LogContext& context_;
  std::string topic_;
  std::string directory_;
  std::shared_ptr<PartitionSync> sync_;
  PartitionConfig config_;
  std::map<Offset, std::unique_ptr<Segment>> segments_;  // by base; the last one is written to
  std::map<Offset, std::uint64_t> unsynced_;  // segments with bytes that are not known to be durable; the size that is
  // Segments that were dropped with such bytes: a start before the next checkpoint will look for what was promised
  // there.
  std::vector<SyncTarget> dropped_;
  Offset log_start_{0};
  Offset log_end_{0};
  Offset high_watermark_{0};
  std::uint64_t unjournaled_writes_ = 0;         // appends that are in a segment only, ever
  std::uint64_t unjournaled_writes_synced_ = 0;  // of them, those that a sync (asked for, in order) covers
  std::deque<Unsettled> unsettled_;
  SyncTicket found_ticket_{0};  // of what this start found; 0: it is durable
  std::vector<EpochStart> epochs_;
  ProducerStateTable producers_;
  PartitionTransactions transactions_;
  CleaningState cleaning_;
  std::optional<Error> failure_;
  Offset damaged_below_{0};  // acknowledged offsets above the log's end: recovery could not find them
  std::array<Hint, 4> hints_{};
  std::size_t next_hint_ = 0;
};

}  // namespace antiphon::kafka::log
