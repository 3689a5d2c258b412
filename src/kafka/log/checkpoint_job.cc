#include "kafka/log/checkpoint_job.h"

#include <algorithm>

namespace antiphon::kafka::log {
namespace {

constexpr std::uint64_t kJournalStepBytes = 4ULL << 20;  // between two syncs, so that others' are not kept waiting

}  // namespace

std::string checkpoint_path(const std::string& directory) { return directory + "/checkpoint"; }
std::string journal_path(const std::string& directory) { return directory + "/journal"; }

// A File is written by one thread at a time, so this is another one than the syncer's; the ring's users do not go there
// yet.
Result<> CheckpointJob::write_journal() {
  journal_written = journal_from;
  if (journal_from >= journal_to) return {};
  ANTIPHON_TRY(file, files_.open(journal_path(directory_), OpenMode::kReadWrite));
  const Bytes zeros(static_cast<std::size_t>(std::min(kJournalStepBytes, journal_to - journal_from)));
  while (journal_written < journal_to) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), journal_to - journal_written));
    ANTIPHON_TRY_VOID(file->write_at(kJournalPage + journal_written, ByteView(zeros).first(size)));
    ANTIPHON_TRY_VOID(file->sync_data());
    journal_written += size;
  }
  return {};
}

Result<> CheckpointJob::write_checkpoint() {
  for (auto& [key, job] : partitions) {
    for (const SyncTarget& target : job.targets) {
      if (!target.segment->sync(files_, *target.file)) job.partition->failed = true;
    }
    if (job.partition->failed) freeze(key, job.directory);
  }
  if (!frozen.empty()) {
    checkpoint.journal = previous_mark;
    Checkpoint before;
    auto bytes = read_file(files_, checkpoint_path(directory_), kCheckpointBytesMax);
    if (!bytes && bytes.error().kind != ErrorKind::kNotFound) return std::move(bytes).error();
    if (bytes) {
      ANTIPHON_TRY(decoded, decode_checkpoint(*bytes));
      before = std::move(decoded);
    }
    for (const PartitionKey& key : frozen) {
      checkpoint.partitions.erase(key);
      const auto found = before.partitions.find(key);
      if (found != before.partitions.end()) checkpoint.partitions.insert(*found);
    }
  }
  return write_file_atomically(files_, checkpoint_path(directory_), encode_checkpoint(checkpoint));
}

void ReleasedFolders::add(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  folders_.push_back(folder + "/");
}

bool ReleasedFolders::covers(const std::string& path) const {
  return std::any_of(folders_.begin(), folders_.end(), [&](const std::string& f) { return path.starts_with(f); });
}

bool ReleasedFolders::cover(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return covers(path);
}

Result<> ReleasedFolders::remove(FileSystem& files, const std::string& path) {
  if (path.find("/trash/") != std::string::npos)
    return files.remove_tree(path);  // by topic id: nobody else's, and large
  const std::lock_guard lock(mutex_);
  return covers(path) ? Result<>() : files.remove_tree(path);
}

void CheckpointJob::freeze(const PartitionKey& key, const std::string& directory) {
  frozen.push_back(key);
  // Its older state may need files that it has dropped since: a start decides about them.
  std::erase_if(removals, [&](const std::string& path) { return path.starts_with(directory + "/"); });
}

void CheckpointJob::run() {
  if (auto grown = write_journal(); !grown) error = std::move(grown).error();
  auto done = write_checkpoint();
  written = done.has_value();
  if (!done) error = std::move(done).error();
  // In order: the file that says a topic is being deleted goes last. What cannot be removed is tried again by a start.
  while (written && !removals.empty()) {
    if (auto removed = released->remove(files_, removals.front()); !removed) {
      error = std::move(removed).error();
      break;
    }
    removals.erase(removals.begin());
  }
}

}  // namespace antiphon::kafka::log
