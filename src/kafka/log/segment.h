// One segment of a partition: NNN.log with its two indexes, where NNN is its first offset. Reactor thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kafka/log/batch.h"
#include "kafka/log/checked_ranges.h"
#include "kafka/log/scanner.h"
#include "kafka/log/sparse_index.h"

namespace antiphon::kafka::log {

class Segment {
 public:
  // is_new: the files are made by the first write. Else load() comes first. `suffix`: behind the names of its files.
  Segment(FilePool& pool, const std::string& directory, Offset base, bool is_new, const std::string& suffix = {});

  Result<> load();  // the file's size
  [[nodiscard]] Offset base() const { return base_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return log_->path(); }
  [[nodiscard]] const std::shared_ptr<SegmentFile>& file() const { return log_; }
  [[nodiscard]] SegmentIndex& index() { return index_; }
  // Reads the indexes' sizes, the first time; missing or empty ones are made anew.
  Result<> load_index();

  // The largest timestamp and the last offset of the batch that has it first; -1: none. A sealed segment asks its
  // index.
  Result<TimeEntry> max_time();
  [[nodiscard]] const std::optional<TimeEntry>& known_max_time() const { return max_time_; }
  [[nodiscard]] std::int64_t first_timestamp_ms() const { return first_timestamp_ms_; }  // -1: not known
  // The same of a segment that has records; it is read from the file if need be.
  Result<std::int64_t> first_timestamp();
  // Its three files stay open until they are renamed: their names may change at any time.
  Result<> keep_open();
  void renamed(const std::string& suffix);
  // Recovery: as if only `size` bytes, all below offset `end`, had been written; the rest is looked at again.
  Result<> resume(std::uint64_t size, Offset end, TimeEntry max_time, std::int64_t first_timestamp_ms);

  // Writes the batches, which follow one another in `bytes`, with one call. After an error nothing of them is in the
  // file; if even that cannot be made sure, `broken` is set.
  Result<> append(FileSystem& files, ByteView bytes, std::span<const BatchHeader> batches, std::int64_t index_interval,
                  bool& broken);
  // Recovery: the batch stands at position() already; notes it in the indexes.
  void note(const BatchHeader& batch, std::int64_t index_interval);
  Result<> truncate(std::uint64_t size);
  // No more appends: the time index gets its last entry, both go to the file.
  Result<> seal();

  struct Place {
    std::uint64_t position = 0;
    BatchHeader header;
  };
  // The first batch whose last offset is >= `offset`; none: it is in a later segment. kCorrupt: bytes that are no
  // batches.
  Result<std::optional<Place>> locate(Offset offset);
  Result<BatchHeader> header_at(std::uint64_t position) const;
  // The largest batch boundary <= position + max_bytes and <= limit, but behind at least one batch. Its offset is that
  // of the batch there, or nothing at the limit.
  struct Cut {
    std::uint64_t position = 0;
    std::optional<Offset> offset;
  };
  Result<Cut> cut_at(std::uint64_t position, std::uint64_t max_bytes, std::uint64_t limit);

  // What stands below was written in an earlier life, and is checked before it is served (partition_check.cc).
  [[nodiscard]] std::uint64_t unchecked_below() const { return unchecked_below_; }
  [[nodiscard]] CheckedRanges& checked() { return checked_; }
  // Where a batch begins, the nearer the better, before `position` (0: at it).
  Result<std::uint64_t> boundary_before(std::uint64_t position);

  // Reads every batch and writes both indexes anew.
  Result<> rebuild_index(std::int64_t index_interval);

 private:
  Result<bool> stands(const IndexEntry& entry) const;

  Offset base_;
  std::shared_ptr<SegmentFile> log_;
  SegmentIndex index_;
  std::uint64_t size_ = 0;
  std::uint64_t unchecked_below_ = 0;
  CheckedRanges checked_;
  bool index_loaded_ = false;
  std::int64_t index_interval_ = 4096;
  std::uint64_t since_index_ = 0;  // bytes since the last entry
  std::optional<TimeEntry> max_time_;
  std::int64_t first_timestamp_ms_ = -1;
};

}  // namespace antiphon::kafka::log
