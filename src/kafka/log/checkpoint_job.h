// The background thread's work: sync segments, write the checkpoint, then remove what it no longer speaks of; and,
// before anything else, write the rest of the journal's ring beforehand where that has not been done yet.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kafka/log/checkpoint.h"
#include "kafka/log/log.h"
#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

// Folders of deleted topics, whose names may be new ones' by now: what was to be removed in them went with them. The
// reactor adds while the background thread removes.
class ReleasedFolders {
 public:
  void add(const std::string& folder);
  // Unless it lies in one of them.
  Result<> remove(FileSystem& files, const std::string& path);
  [[nodiscard]] bool cover(const std::string& path) const;

 private:
  [[nodiscard]] bool covers(const std::string& path) const;

  mutable std::mutex mutex_;
  std::vector<std::string> folders_;
};

class CheckpointJob final : public BackgroundJob {
 public:
  CheckpointJob(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  void run() override;
  // Before run() (reactor), or by it: what the partition's folder holds is not touched.
  void freeze(const PartitionKey& key, const std::string& directory);

  // Filled by the reactor before run().
  std::vector<std::pair<PartitionKey, PartitionSyncJob>> partitions;
  // Failed, or not synced since the start: what the last checkpoint says of them stays, and so does the journal they
  // need.
  std::vector<PartitionKey> frozen;
  Checkpoint checkpoint;  // true once the partitions are synced
  JournalMark previous_mark;
  std::vector<std::string> removals;
  std::shared_ptr<ReleasedFolders> released = std::make_shared<ReleasedFolders>();
  std::uint64_t journal_from = 0;  // the ring is to be written from here ..
  std::uint64_t journal_to = 0;    // .. to here; equal: nothing to do

  // For the reactor after run().
  bool written = false;               // the checkpoint file
  std::uint64_t journal_written = 0;  // the ring is written up to here
  std::optional<Error> error;         // why the checkpoint was not written, or the journal not

 private:
  Result<> write_journal();
  Result<> write_checkpoint();

  FileSystem& files_;
  std::string directory_;
};

std::string checkpoint_path(const std::string& directory);
std::string journal_path(const std::string& directory);

}  // namespace antiphon::kafka::log
