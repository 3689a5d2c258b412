// The Log there is: the tables of topics and partitions around the journal. Contract in log.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/log/checkpoint_job.h"
#include "kafka/log/compaction/compactor.h"
#include "kafka/log/journal.h"
#include "kafka/log/journal_reader.h"
#include "kafka/log/log.h"
#include "kafka/log/partition_log.h"
#include "kafka/log/topic_store.h"

namespace antiphon::kafka::log {

class LogImpl final : public Log {
 public:
  LogImpl(const LogSettings& settings, FileSystem& files, const Clock& clock, Random& random);
  ~LogImpl() override = default;
  Result<> recover();  // once, before anything else (log_recovery.cc)

  Result<TopicMeta> create_topic(std::string_view name, std::int32_t partitions, TopicConfig config) override;
  Result<> delete_topic(std::string_view name, std::string_view reason) override;
  Result<> add_partitions(std::string_view name, std::int32_t new_count) override;
  Result<> set_topic_config(std::string_view name, TopicConfig config) override;
  [[nodiscard]] const TopicMeta* topic(std::string_view name) const override;
  [[nodiscard]] const TopicMeta* topic(const TopicId& id) const override;
  [[nodiscard]] std::vector<const TopicMeta*> topics() const override;
  [[nodiscard]] Partition* partition(std::string_view topic, PartitionId id) override;
  [[nodiscard]] Partition* partition(const TopicId& topic, PartitionId id) override;
  [[nodiscard]] JournalSyncer& syncer() override { return *journal_; }
  void poll_completed(std::vector<SettledTicket>& out) override;
  [[nodiscard]] bool job_due() const override;
  std::unique_ptr<BackgroundJob> begin_job() override;
  void finish_job(std::unique_ptr<BackgroundJob> job) override;
  std::vector<DeletedSegment> apply_retention(WallTime now) override;
  [[nodiscard]] const RecoveryReport& recovery() const override { return report_; }
  [[nodiscard]] LogMetrics metrics() const override;
  [[nodiscard]] const std::optional<Error>& failure() const override { return failure_; }
  Result<> close() override;

 private:
  struct Topic {
    TopicMeta meta;
    std::vector<std::unique_ptr<PartitionLog>> partitions;
  };
  Topic& add_topic(TopicMeta meta);
  void add_partition_objects(Topic& topic);
  Result<> no_folders(const TopicMeta& meta, std::int32_t from) const;
  // Partitions whose bytes behind the old checkpoint are not synced yet, and what that one says of them, if anything.
  using Unsynced = std::map<PartitionKey, std::optional<PartitionCheckpoint>>;
  Result<Unsynced> recover_partitions(const File& journal, const Checkpoint* checkpoint,
                                      const std::vector<FoundEntry>& found);
  Result<> start_journal(std::unique_ptr<File> file, std::uint64_t epoch, Unsynced unsynced);
  Result<std::unique_ptr<File>> open_journal(bool first_start);
  [[nodiscard]] Checkpoint checkpoint_of_all(const JournalMark& mark);
  [[nodiscard]] bool checkpoint_due() const;
  std::unique_ptr<CheckpointJob> begin_checkpoint();
  void checkpoint_finished(CheckpointJob& job);
  void checkpoint_written(const Checkpoint& checkpoint);
  void consider_compaction(WallTime now);
  [[nodiscard]] Compactor::Find finder();
  [[nodiscard]] PartitionLog* find(const TopicId& topic, PartitionId id);

  // A partition of a topic whose deletion failed: a start will know whether it is gone. Until then what the last
  // checkpoint says of it stays, and so does the journal that it needs.
  struct Undecided {
    std::string topic;
    PartitionKey key;
    std::string folder;
  };

  const LogSettings settings_;
  FileSystem& files_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<FileLock> lock_;
  FilePool pool_;
  LogContext context_;
  TopicStore store_;
  Compactor compactor_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<TopicId, Topic*> by_id_;
  std::vector<Undecided> undecided_;
  std::unique_ptr<Journal> journal_;
  RecoveryReport report_;
  std::optional<Error> failure_;
  bool job_active_ = false;
  std::shared_ptr<ReleasedFolders> released_folders_;  // of the job under way, or the last one
  JournalMark released_;                               // the mark of the last checkpoint
  std::uint64_t writes_at_checkpoint_ = 0;
  MonoTime last_checkpoint_{};
  MonoTime next_job_{};  // after one that failed: not at once again
  std::uint64_t checkpoints_ = 0;
};

}  // namespace antiphon::kafka::log
