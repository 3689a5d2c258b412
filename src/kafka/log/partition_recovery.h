// Brings one partition back at a start: verify from the checkpoint, fill in from the journal, cut at the first bad
// batch, sync what was found. Only a tail that nobody was promised is cut; where promised bytes are missing the
// partition is left as it is and marked as damaged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kafka/log/journal_reader.h"
#include "kafka/log/log.h"
#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

class PartitionRecovery {
 public:
  PartitionRecovery(LogContext& context, PartitionLog& partition, const File& journal, RecoveryReport& report)
      : context_(context), partition_(partition), journal_(journal), report_(report) {}

  // `checkpoint` may be null: then everything is read. `entries`: the partition's own, in the order of the journal.
  // An error is one of the file system; the partition cannot be served.
  Result<> run(const PartitionCheckpoint* checkpoint, const std::vector<const FoundEntry*>& entries);

  // After run(): nothing of what stands behind the checkpoint was promised to anybody (acks=0 and 1), and it was left
  // unsynced, as hundreds of megabytes would keep everybody waiting. Of this partition the old checkpoint stays true
  // until the next one, and sync_what_was_found() makes it visible.
  [[nodiscard]] bool left_unsynced() const { return unsynced_; }

 private:
  using Segments = std::map<Offset, std::unique_ptr<Segment>>;

  Result<> find_segments();
  Result<> begin(const PartitionCheckpoint* checkpoint);
  void forget_what_was_cleaned();
  Result<> scan_segments();
  Result<bool> scan_segment(Segments::iterator segment);  // true: the next one follows on
  Result<> fill_in(Segment& segment, const FoundEntry& entry);
  Result<> remove_from(Segments::iterator later);
  Result<> cut_tail(Segments::iterator segment);
  Result<> sync();
  Result<> leave_unsynced();
  Result<> resume_transactions(const PartitionCheckpoint& checkpoint);
  Result<> remove_indexes(const std::vector<AbortedIndexMark>& but);
  void took(const BatchHeader& batch, Offset segment);
  void damaged(std::string what);
  [[nodiscard]] std::uint64_t synced_bytes_of(const Segment& segment) const {
    return segment.base() == start_segment_ ? synced_bytes_ : 0;
  }
  [[nodiscard]] std::string name() const;

  LogContext& context_;
  PartitionLog& partition_;
  const File& journal_;
  RecoveryReport& report_;
  std::map<Offset, const FoundEntry*> entries_;  // by base offset
  std::vector<Offset> indexes_;                  // of aborted transactions: the files there are
  Offset acknowledged_{0};                       // everything below was promised
  Offset next_{0};                               // offset that the next batch must have
  Offset start_segment_{0};                      // the first one that is looked at
  bool whole_log_ = false;                       // no checkpoint: gaps that compaction left are right
  bool touched_ = false;                         // something was scanned, written or cut: it wants a sync
  bool lost_ = false;                            // a tail was cut
  bool may_wait_ = false;                        // so far: nothing was promised of what is found, and nothing changed
  bool unsynced_ = false;                        // it was left so
  Offset synced_end_{0};                         // of the checkpoint
  std::uint64_t synced_bytes_ = 0;               // of the first segment
  bool damaged_ = false;
  std::string problem_;  // why the last good batch is the last
};

}  // namespace antiphon::kafka::log
