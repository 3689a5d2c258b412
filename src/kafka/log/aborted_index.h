// The aborted transactions of a partition, in Kafka's own form: one file for each segment that holds an abort marker.
//
//   NNN.txnindex    34 bytes an entry: version i16 (0) | producer id i64 | first offset i64 | last offset i64 (its
//                   marker's) | last stable offset i64 (once it had ended)
//
// In the order of the markers. Unlike the other indexes this one must be complete: who reads committed records passes
// over what it names. So the checkpoint says how many entries each file has and their CRC; a start that finds another
// file reads the log's batch headers instead (partition_recovery.cc). New entries wait in memory and go to the file
// some at a time. Reactor thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"
#include "kafka/log/sparse_index.h"

namespace antiphon::kafka::log {

struct AbortedTransaction {
  ProducerId producer_id{-1};
  Offset first_offset{0};
  Offset last_offset{0};         // of its abort marker
  Offset last_stable_offset{0};  // of the partition, once it had ended: further entries name what ended later
};

// Whether a transactional batch of that producer, which stands at `offset` below the last stable offset, was aborted.
// `aborted` names at least those of a range that holds it.
[[nodiscard]] bool is_aborted(std::span<const AbortedTransaction> aborted, ProducerId producer, Offset offset);

// What a checkpoint says of one file.
struct AbortedIndexMark {
  Offset segment{0};
  std::uint32_t entries = 0;
  std::uint32_t crc = 0;  // CRC-32C of them all
};

class AbortedIndex {
 public:
  static constexpr std::size_t kEntryBytes = 34;
  static constexpr std::string_view kSuffix = ".txnindex";

  AbortedIndex(FilePool& pool, std::string directory) : pool_(pool), directory_(std::move(directory)) {}

  // `segment` holds the marker.
  void add(Offset segment, const AbortedTransaction& transaction);
  // Those of which something, the marker included, stands in [from, end). kIo; kCorrupt: a file became shorter.
  [[nodiscard]] Result<std::vector<AbortedTransaction>> between(Offset from, Offset end) const;

  // Start: the files as the marks say, what is behind that is cut. False: one of them is another one.
  Result<bool> load(std::span<const AbortedIndexMark> marks);
  void clear() { parts_.clear(); }

  [[nodiscard]] std::vector<AbortedIndexMark> marks() const;
  // The segment is gone; true: its file is to be removed.
  bool drop(Offset segment) { return parts_.erase(segment) > 0; }
  // Compaction has put what stood in `segment` into the one before it, `into`.
  Result<> merge(Offset segment, Offset into);
  [[nodiscard]] std::vector<EntryFile*> files();

 private:
  struct Part {
    EntryFile file;
    std::uint32_t crc = 0;
  };
  Part& part_of(Offset segment);
  static void append(Part& part, ByteView entry);

  FilePool& pool_;
  std::string directory_;
  std::map<Offset, Part> parts_;  // by segment; only those with entries
};

}  // namespace antiphon::kafka::log
