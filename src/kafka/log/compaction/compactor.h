// Compactor: which partition of a log is cleaned next, and the way of its pass between reactor and background thread.
// One partition at a time. Reactor thread.
//
//   consider(now, partitions)     a few times a minute: rolls what is due, starts a pass at the dirtiest partition
//   while (ready()) job = begin(find); .. job->run() elsewhere ..; finish(*job, find)
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kafka/log/compaction/compaction_job.h"
#include "kafka/log/compaction/partition_cleaner.h"

namespace antiphon::kafka::log {

constexpr std::int64_t kCompactionRetryMs = 60'000;  // after an error of the disk

class Compactor {
 public:
  using Find = std::function<PartitionLog*(const PartitionKey&)>;

  Compactor(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  // A start: what earlier passes did. Nothing, and a notice: the file is damaged.
  Result<std::optional<CleanerPositions>> load(std::vector<std::string>& notices);

  void consider(WallTime now, std::span<PartitionLog* const> partitions);
  [[nodiscard]] bool ready() const { return cleaner_ != nullptr; }
  std::unique_ptr<BackgroundJob> begin(const Find& find);
  // True: the pass is over, another partition may be considered.
  bool finish(CompactionJob& job, const Find& find);
  // Before its folders are moved; waits for at most one piece of work of a job that is at it.
  void forget(const TopicId& topic);
  void add_metrics(LogMetrics& metrics) const;

 private:
  void start(PartitionLog& partition, const CleaningChoice& choice, std::int64_t now_ms);
  void failed(PartitionLog* partition, const Error& error, bool unsettled);
  void end_pass();

  FileSystem& files_;
  const std::string directory_;
  CleanerPositions positions_;  // of all that are compacted
  PartitionKey key_;            // of the pass that is under way
  bool active_ = false;
  bool begins_ = false;      // no job has been at it
  std::int64_t now_ms_ = 0;  // when it began
  std::int64_t considered_ms_ = 0;
  std::unique_ptr<Cleaner> cleaner_;  // null while a job has it
  std::shared_ptr<CleaningGuard> guard_;
  SwappedSegments taken_;
  std::uint64_t passes_ = 0;
  std::int64_t last_pass_ms_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_removed_ = 0;
  std::uint64_t records_removed_ = 0;
  std::uint64_t left_alone_ = 0;
  double dirty_ratio_max_ = 0;
};

}  // namespace antiphon::kafka::log
