// Cleaner: one pass over the sealed segments of one partition.
//
//   1  reads what is dirty into an offset map, until the map is full or all is read: [.., map end) is judged
//   2  groups of neighbouring segments, each no larger than a segment may be: every batch goes through the filter into
//      a new segment B.*.cleaned, which is synced and published as B.*.E.swap (swap.h)
//   3  the owner takes the new segment in place of the old ones, then the old files go
//
// A plain object that does a bounded piece of work at a time, so that others get at the disk in between: run() again
// and again, on any one thread. It opens files of its own, and the owner sees to it that nobody else removes or renames
// the plan's segments meanwhile.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/log/compaction/batch_filter.h"
#include "kafka/log/compaction/source_reader.h"
#include "kafka/log/compaction/transactions.h"
#include "kafka/log/segment.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kCleanerPieceBytes = 4ULL << 20;  // read or written between two syncs
constexpr std::size_t kCleanerOpenFilesMax = 8;

struct LastOfProducer {
  std::optional<Offset> last_offset;  // of its last batch with records; none: known by a marker only
  ProducerEpoch epoch{-1};
};

struct CleaningPlan {
  std::string directory;
  std::vector<SourceSegment> segments;  // from the log's start; none above the last stable offset
  Offset first_dirty{0};
  std::int64_t now_ms = 0;
  std::int64_t delete_retention_ms = 0;
  std::uint64_t segment_bytes = 0;
  std::int64_t index_interval_bytes = 0;
  std::size_t map_bytes_max = kOffsetMapBytesMax;
  std::map<ProducerId, LastOfProducer> producers;
  KnownTransactions transactions;
};

struct SwappedSegments {
  Offset base{0};
  Offset end{0};
  std::size_t segments = 0;  // that it takes the place of
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  FilterCounts counts;
};

class Cleaner {
 public:
  Cleaner(FileSystem& files, CleaningPlan plan);
  ~Cleaner();  // removes what it has not published

  enum class Progress : std::uint8_t {
    kMore,       // call run() again
    kPublished,  // take swapped() (its files end in swap_suffix()), then call run() again
    kSettled,    // its files have their own names now; call run() again
    kDone,       // clean_end() is true
  };
  // An error ends the pass; what was published stays. kCorrupt, kLimit, kInvalidInput: the partition must be left
  // alone.
  Result<Progress> run();
  [[nodiscard]] const SwappedSegments& swapped() const { return swapped_; }
  // An error in the middle of a swap that could not be undone: only a start can tell which files count.
  [[nodiscard]] bool unsettled() const { return unsettled_; }
  [[nodiscard]] Offset clean_end() const { return map_end_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  Result<Progress> fill_map();
  Result<bool> put_keys();  // of the batch in hand; false: the map is full
  Result<Progress> begin_group();
  Result<Progress> filter();
  Result<> take_batch();
  Result<> flush();
  Result<Progress> publish();
  Result<Progress> settle();
  [[nodiscard]] BatchFilter::Facts facts_of(const wire::BatchView& batch);

  FileSystem& files_;
  const CleaningPlan plan_;
  std::unique_ptr<OffsetMap> map_;  // made by the first run(): it may be large
  TransactionTracker tracker_;
  Result<Progress> (Cleaner::*next_)() = &Cleaner::fill_map;
  std::size_t at_ = 0;  // the segment that is read
  std::unique_ptr<SourceReader> source_;
  Offset map_end_;
  wire::Buffer scratch_;

  std::unique_ptr<BatchFilter> filter_;
  FilterCounts counts_before_;   // of the groups before
  std::size_t group_begin_ = 0;  // of the plan's segments
  std::size_t group_end_ = 0;
  FilePool pool_;
  std::unique_ptr<Segment> out_;
  Bytes pending_;  // for out_
  std::vector<BatchHeader> pending_batches_;
  bool changed_ = false;
  SwappedSegments swapped_;
  bool unsettled_ = false;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace antiphon::kafka::log
