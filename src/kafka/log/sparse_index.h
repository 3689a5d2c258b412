// Kafka's sparse indexes of one segment, in Kafka's own form, so that Kafka's tools read them:
//
//   .index      8 bytes an entry:  last offset of a batch, less the base offset i32 | the batch's position i32
//   .timeindex 12 bytes an entry:  largest timestamp so far i64 | last offset of the batch that has it, less the base
//   i32
//
// An entry is a hint: whoever follows one checks that the batch it names stands there. New entries wait in memory and
// go to the file some at a time. Reactor thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/types.h"
#include "kafka/log/segment_file.h"

namespace antiphon::kafka::log {

constexpr std::size_t kIndexEntriesPending = 128;      // then they go to the file
constexpr std::size_t kIndexEntriesPendingMax = 1024;  // if the file refuses

// Entries of fixed size in a file, with a tail in memory.
class EntryFile {
 public:
  EntryFile(FilePool& pool, const std::string& directory, std::string name, std::size_t entry_bytes);

  [[nodiscard]] std::uint64_t count() const { return stored_ + pending_.size() / entry_bytes_; }
  Result<> load();  // sets the count from the file's size; a partial last entry does not count
  Result<Bytes> entry(std::uint64_t index) const;
  Result<Bytes> all() const;
  // One. A file that cannot be written now makes the index sparser, never wrong: what waits too long is dropped.
  void append(ByteView entry);
  // One that must not be lost: while the file cannot be written it stays in memory.
  void append_kept(ByteView entry);
  Result<> flush();
  Result<> cut(std::uint64_t count);  // keeps the first ones
  [[nodiscard]] bool flushed_since_sync() const { return dirty_; }
  void mark_synced() { dirty_ = false; }
  Result<> sync(FileSystem& files);
  [[nodiscard]] const std::shared_ptr<SegmentFile>& file() const { return file_; }

 private:
  std::size_t entry_bytes_;
  std::shared_ptr<SegmentFile> file_;
  std::uint64_t stored_ = 0;
  Bytes pending_;
  bool dirty_ = false;
};

struct IndexEntry {
  Offset offset{0};  // the last one of the batch at `position`
  std::uint64_t position = 0;
};
struct TimeEntry {
  std::int64_t timestamp_ms = -1;
  Offset offset{0};
};

class SegmentIndex {
 public:
  // `suffix` behind the names of both files: those of a segment that compaction is about to put in its place.
  SegmentIndex(FilePool& pool, const std::string& directory, Offset base, const std::string& suffix = {});

  Result<> load();
  // The last entry whose offset is <= `offset` (position <= `position`); none: the segment begins there.
  Result<std::optional<IndexEntry>> by_offset(Offset offset) const;
  Result<std::optional<IndexEntry>> by_position(std::uint64_t position) const;
  // The last entry whose timestamp is < `timestamp_ms`.
  Result<std::optional<TimeEntry>> before_time(std::int64_t timestamp_ms) const;
  Result<std::optional<TimeEntry>> last_time();

  void add(const IndexEntry& entry);
  Result<> add_time(const TimeEntry& entry);  // left out unless both are above the last one's
  Result<> flush();
  // Keeps what speaks of batches below `position` and offsets below `end`; what cannot be (not ascending) goes too.
  Result<> cut(std::uint64_t position, Offset end);

  Result<> keep_open();  // both files, until they are renamed
  void renamed(const std::string& suffix);

  [[nodiscard]] EntryFile& offsets() { return offsets_; }
  [[nodiscard]] EntryFile& times() { return times_; }

 private:
  [[nodiscard]] IndexEntry parse(ByteView bytes) const;
  [[nodiscard]] TimeEntry parse_time(ByteView bytes) const;

  Offset base_;
  EntryFile offsets_;
  EntryFile times_;
  bool time_known_ = false;  // last_time_ is the last entry of times_
  std::optional<TimeEntry> last_time_;
};

std::string segment_file_name(Offset base, std::string_view suffix);  // 20 digits, as Kafka's
std::optional<Offset> segment_base_of(std::string_view file_name, std::string_view suffix);

}  // namespace antiphon::kafka::log
