// Log: one data directory with all its topics, and the one journal that makes acks=all durable.
//
//   reactor thread      every method of Log and Partition. None of them waits for a sync, but for open(), close() and
//                       the topic methods (which sync what they change, because their answer is a promise).
//   syncer thread       JournalSyncer::run_once(), again and again (SyncerThread does so; a simulation calls it by
//   hand). background thread   BackgroundJob::run(), one at a time: the job is made and finished on the reactor thread.
//
//   auto result = partition->append(request);        // reactor: page cache; result.ticket names what to wait for
//   log->syncer().run_once();                        // syncer: one fdatasync for all that is queued
//   log->poll_completed(settled);                    // reactor: high watermarks move, settled tickets are told
//   if (log->job_due()) job = log->begin_job();      // reactor;  job->run() elsewhere; log->finish_job(std::move(job))
//
// Files: docs/formats/log.md. Recovery happens in open(); nothing is served before it has synced what it found.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/random.h"
#include "core/result.h"
#include "kafka/log/partition.h"
#include "kafka/log/settings.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::log {

// What open() found and did, for the start's log lines.
struct RecoveryReport {
  std::uint64_t topics = 0;
  std::uint64_t partitions = 0;
  std::uint64_t scanned_bytes = 0;     // of segments behind their checkpoint
  std::uint64_t journal_entries = 0;   // found in the journal
  std::uint64_t replayed_batches = 0;  // of them, those that the segments did not hold
  std::vector<std::string> notices;    // harmless: a torn tail cut at ..., an index rebuilt
  std::vector<std::string> damage;     // acknowledged bytes are damaged: file, position, offset
};

struct SettledTicket {
  SyncTicket ticket;
  TopicId topic;  // whose high watermark may have moved
  PartitionId partition{0};
  std::shared_ptr<const Error> error;  // null: durable. Else KAFKA_STORAGE_ERROR
};

// The syncer's side. run_once() takes all that is queued, writes it to the journal with one write, syncs once (and the
// segments that need it), and settles it. false: there was nothing to do.
class JournalSyncer {
 public:
  virtual ~JournalSyncer() = default;
  virtual bool run_once() = 0;
  // Sleeps until something is queued, wake() is called or the time is over.
  virtual void wait(std::chrono::milliseconds timeout) = 0;
  virtual void wake() = 0;
  // Reactor. From hold(true) to hold(false) the syncer is not woken: what is queued meanwhile becomes one group.
  virtual void hold(bool on) = 0;
  // Called on the syncer's thread after tickets were settled: the broker's eventfd. Set before the thread starts.
  virtual void on_settled(std::function<void()> callback) = 0;
};

// Work for a background thread: a checkpoint (sync of segments, then the checkpoint file, atomically) and files to
// remove; or a piece of a compaction.
class BackgroundJob {
 public:
  virtual ~BackgroundJob() = default;
  virtual void run() = 0;
};

struct LogMetrics {
  std::uint64_t journal_syncs = 0;
  std::uint64_t journaled_batches = 0;
  std::uint64_t journaled_bytes = 0;
  std::uint64_t segment_syncs = 0;       // of appends that could not be journaled
  std::uint64_t journal_used_bytes = 0;  // between the last checkpoint and the head
  std::uint64_t journal_bytes = 0;
  std::uint64_t queued_bytes = 0;  // waiting for the syncer
  std::uint64_t checkpoints = 0;
  std::uint64_t open_files = 0;
  bool journal_failed = false;
  std::uint64_t compaction_passes = 0;
  std::int64_t compaction_last_pass_ms = 0;  // Unix time; 0: none yet
  std::uint64_t compaction_bytes_read = 0;
  std::uint64_t compaction_bytes_removed = 0;
  std::uint64_t compaction_records_removed = 0;
  std::uint64_t compaction_left_alone = 0;  // partitions, because of damage
  double compaction_dirty_ratio_max = 0;    // of all partitions
};

class Log {
 public:
  // Makes the directory if it is missing. kAlreadyExists: another process holds it. kCorrupt is not returned for a
  // damaged partition or topic (they are isolated, and in the report), only for a directory that is not a log's.
  static Result<std::unique_ptr<Log>> open(const LogSettings& settings, FileSystem& files, const Clock& clock,
                                           Random& random);
  virtual ~Log() = default;  // without close(): as a crash would

  // Topics. Durable when they return. Errors: kInvalidInput (name, counts), kAlreadyExists, kNotFound, kIo.
  virtual Result<TopicMeta> create_topic(std::string_view name, std::int32_t partitions, TopicConfig config) = 0;
  virtual Result<> delete_topic(std::string_view name, std::string_view reason) = 0;
  virtual Result<> add_partitions(std::string_view name, std::int32_t new_count) = 0;
  virtual Result<> set_topic_config(std::string_view name, TopicConfig config) = 0;

  // nullptr: there is none. Pointers are good until the topic is deleted (topic) or changed (meta).
  [[nodiscard]] virtual const TopicMeta* topic(std::string_view name) const = 0;
  [[nodiscard]] virtual const TopicMeta* topic(const TopicId& id) const = 0;
  [[nodiscard]] virtual std::vector<const TopicMeta*> topics() const = 0;  // by name
  [[nodiscard]] virtual Partition* partition(std::string_view topic, PartitionId id) = 0;
  [[nodiscard]] virtual Partition* partition(const TopicId& topic, PartitionId id) = 0;

  // Syncs.
  [[nodiscard]] virtual JournalSyncer& syncer() = 0;
  // Appends what was settled since the last call, in ascending order of tickets, and moves the high watermarks.
  virtual void poll_completed(std::vector<SettledTicket>& out) = 0;

  // Checkpoints, removals and compaction. At most one job at a time: begin_job() gives null while one is under way.
  [[nodiscard]] virtual bool job_due() const = 0;
  virtual std::unique_ptr<BackgroundJob> begin_job() = 0;
  virtual void finish_job(std::unique_ptr<BackgroundJob> job) = 0;

  // Every partition's retention, producers that were idle too long, and what is to be compacted next. A few times a
  // minute is enough.
  virtual std::vector<DeletedSegment> apply_retention(WallTime now) = 0;

  [[nodiscard]] virtual const RecoveryReport& recovery() const = 0;
  [[nodiscard]] virtual LogMetrics metrics() const = 0;
  // Why acks=all is refused; none while the journal is well.
  [[nodiscard]] virtual const std::optional<Error>& failure() const = 0;

  // Orderly end: settles what is queued, syncs, writes the checkpoint. The syncer's thread and any job have ended
  // before.
  virtual Result<> close() = 0;
};

}  // namespace antiphon::kafka::log
