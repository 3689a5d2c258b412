// What happens between the start and the first request, in this order: lock, topics, checkpoint, journal, each
// partition (verified from its checkpoint, filled in from the journal, synced if anything of it was promised), then a
// checkpoint that makes the journal empty. The rest is synced while the broker answers already.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/journal_reader.h"
#include "kafka/log/log_impl.h"
#include "kafka/log/partition_recovery.h"

namespace antiphon::kafka::log {
namespace {

// So much of the ring is written before the first start listens; the first background job writes the rest.
constexpr std::uint64_t kJournalAtStartBytes = 512ULL << 10;

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogSettings& settings, FileSystem& files, const Clock& clock,
                                       Random& random) {
  ANTIPHON_TRY_VOID(settings.validate());
  auto log = std::make_unique<LogImpl>(settings, files, clock, random);
  ANTIPHON_TRY_VOID(log->recover());
  return std::unique_ptr<Log>(std::move(log));
}

Result<std::unique_ptr<File>> LogImpl::open_journal(bool first_start) {
  const std::string path = journal_path(settings_.data_directory);
  ANTIPHON_TRY(file, files_.open(path, OpenMode::kCreate));
  Bytes page(kJournalPage);
  ANTIPHON_TRY(got, file->read_at(0, page));
  if (is_journal_page(ByteView(page).first(got))) {
    if (!first_start) return file;
    // A start that failed may have left a page that only the cache holds.
    ANTIPHON_TRY_VOID(file->write_at(0, encode_journal_page()));
    ANTIPHON_TRY_VOID(file->sync_data());
    ANTIPHON_TRY_VOID(files_.sync_directory(settings_.data_directory));
    return file;
  }
  ANTIPHON_TRY(size, file->size());
  // Before the first checkpoint it is what a start left that did not get far; nothing was ever acknowledged.
  const bool ruined = size > kJournalPage && !first_start;
  if (ruined) report_.damage.push_back(fmt::format("{} at byte 0: not a journal's first page", path));
  if (!ruined) {
    const Bytes zeros(static_cast<std::size_t>(std::min(kJournalAtStartBytes, settings_.journal_bytes)));
    ANTIPHON_TRY_VOID(file->write_at(kJournalPage, zeros));
  }
  ANTIPHON_TRY_VOID(file->write_at(0, encode_journal_page()));
  ANTIPHON_TRY_VOID(file->sync_data());
  return file;  // its entry in the folder becomes durable with the checkpoint's, before anything is acknowledged
}

Result<> LogImpl::recover() {
  ANTIPHON_TRY_VOID(files_.make_directories(settings_.data_directory));
  ANTIPHON_TRY(lock, files_.lock(settings_.data_directory + "/lock"));
  lock_ = std::move(lock);

  ANTIPHON_TRY(loaded, store_.load());
  report_.damage = std::move(loaded.damage);
  context_.removals = std::move(loaded.removals);
  for (TopicMeta& meta : loaded.topics) {
    if (topics_.contains(meta.name)) {
      report_.damage.push_back(
          fmt::format("topic {} has two files; {} is left aside", meta.name, to_hex_text(meta.id)));
      continue;
    }
    add_topic(std::move(meta));
  }

  std::optional<Checkpoint> checkpoint;
  const std::string path = checkpoint_path(settings_.data_directory);
  auto bytes = read_file(files_, path, kCheckpointBytesMax);
  if (bytes) {
    auto decoded = decode_checkpoint(*bytes);
    if (decoded) checkpoint = std::move(*decoded);
    if (!decoded) report_.notices.push_back(fmt::format("{}: {}; all is read instead", path, decoded.error().message));
  } else if (bytes.error().kind != ErrorKind::kNotFound) {
    return std::move(bytes).error();
  }

  ANTIPHON_TRY(journal, open_journal(!bytes));
  std::optional<JournalMark> mark;
  if (checkpoint) mark = checkpoint->journal;
  ANTIPHON_TRY(contents, read_journal(*journal, journal_path(settings_.data_directory), mark));
  report_.damage.insert(report_.damage.end(), contents.damage.begin(), contents.damage.end());
  report_.journal_entries = contents.entries.size();
  ANTIPHON_TRY(unsynced, recover_partitions(*journal, checkpoint ? &*checkpoint : nullptr, contents.entries));
  const std::uint64_t epoch = std::max(contents.epoch_max, checkpoint ? checkpoint->journal.epoch : 0) + 1;
  return start_journal(std::move(journal), epoch, std::move(unsynced));
}

Result<LogImpl::Unsynced> LogImpl::recover_partitions(const File& journal, const Checkpoint* checkpoint,
                                                      const std::vector<FoundEntry>& found) {
  Unsynced unsynced;
  std::map<PartitionKey, std::vector<const FoundEntry*>> entries;
  for (const FoundEntry& entry : found) entries[{entry.header.topic, entry.header.partition}].push_back(&entry);
  const std::vector<const FoundEntry*> none;
  ANTIPHON_TRY(cleaned, compactor_.load(report_.notices));
  const PartitionCheckpoint empty;  // not in the checkpoint: it began at offset 0 after it
  for (auto& [name, topic] : topics_) {
    ++report_.topics;
    for (auto& partition : topic.partitions) {
      ++report_.partitions;
      const PartitionKey key{topic.meta.id, partition->id()};
      const PartitionCheckpoint* state = nullptr;
      if (checkpoint != nullptr) {
        const auto at = checkpoint->partitions.find(key);
        state = at == checkpoint->partitions.end() ? &empty : &at->second;
      }
      const auto its = entries.find(key);
      CleanerPosition position{Offset(0), cleaned ? Offset(0) : Offset(INT64_MAX)};
      if (cleaned && cleaned->contains(key)) position = cleaned->at(key);
      partition->cleaning().first_dirty = position.clean;
      partition->cleaning().touched = position.touched;
      PartitionRecovery recovery(context_, *partition, journal, report_);
      auto done = recovery.run(state, its == entries.end() ? none : its->second);
      if (!done) return std::move(done).error().within(fmt::format("recover {}-{}", name, partition->id().value()));
      if (!recovery.left_unsynced()) continue;
      unsynced[key] = state == &empty ? std::nullopt : std::optional(*state);
    }
  }
  return unsynced;
}

Result<> LogImpl::start_journal(std::unique_ptr<File> file, std::uint64_t epoch, Unsynced unsynced) {
  ANTIPHON_TRY(size, file->size());
  released_ = {epoch, 1, 0};
  // From here on the old entries count no more: all they say is in segments that were synced.
  Checkpoint checkpoint = checkpoint_of_all(released_);
  for (auto& [key, state] : unsynced) {
    checkpoint.partitions.erase(key);
    if (state) checkpoint.partitions.emplace(key, std::move(*state));
  }
  ANTIPHON_TRY_VOID(
      write_file_atomically(files_, checkpoint_path(settings_.data_directory), encode_checkpoint(checkpoint)));
  checkpoint_written(checkpoint);
  const std::uint64_t ring = (size - std::min(size, kJournalPage)) / kJournalPage * kJournalPage;
  journal_ = std::make_unique<Journal>(files_, std::move(file), released_, ring);
  context_.journal = journal_.get();
  writes_at_checkpoint_ = context_.writes;
  last_checkpoint_ = clock_.mono_now();
  for (const auto& [key, state] : unsynced) find(key.first, key.second)->sync_what_was_found();
  return {};
}

}  // namespace antiphon::kafka::log
