// What becomes of one batch when its partition is cleaned: the newest record of each key stays, a tombstone stays until
// its horizon, everything keeps its offset.
//
// Attribute bit 6 of a batch (KIP-534): its base timestamp is the time from which its tombstones may go. It is set when
// a batch with tombstones is cleaned for the first time. A batch that loses nothing and gets no horizon is not touched.
// What is rewritten keeps base offset, last offset delta, producer, sequence, epoch and codec, so that readers find
// their way over the gap and idempotence survives. A plain object: no files, no clock.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "kafka/log/compaction/offset_map.h"
#include "kafka/wire/record.h"

namespace antiphon::kafka::log {

constexpr std::int16_t kDeleteHorizonBit = 0x40;

struct FilterCounts {
  std::uint64_t kept = 0;        // records, in the batches that were looked into
  std::uint64_t superseded = 0;  // a newer record of the key is there
  std::uint64_t tombstones = 0;  // beyond their horizon
  std::uint64_t keyless = 0;     // the topic was not always compacted
  std::uint64_t aborted = 0;     // of transactions that were aborted
  std::uint64_t markers = 0;     // of transactions of which nothing is left
  [[nodiscard]] std::uint64_t removed() const { return superseded + tombstones + keyless + aborted + markers; }
};

class BatchFilter {
 public:
  struct Pass {
    Offset map_end{0};  // nothing at or above it is judged
    Offset keep{-1};    // the record here stays, so that a reader who goes by offsets reaches the end
    std::int64_t now_ms = 0;
    std::int64_t delete_retention_ms = 0;
  };
  BatchFilter(const OffsetMap& map, const Pass& pass) : map_(map), pass_(pass) {}

  enum class Verdict : std::uint8_t { kCopy, kRewritten, kRemoved };
  // What the batch alone does not say.
  struct Facts {
    bool keep_whole = false;        // it is not known what became of its transaction
    bool aborted = false;           // its transaction was aborted
    bool empty_marker = false;      // a control batch that ends a transaction of which nothing is left
    bool last_of_producer = false;  // stays as an empty batch, for idempotence
  };
  // The batch's CRC has been verified. Any bytes may stand in it; errors: it cannot be decompressed or read.
  Result<Verdict> run(const wire::BatchView& batch, const Facts& facts);
  // After kRewritten, until the next run().
  [[nodiscard]] ByteView rewritten() const { return out_.view(); }
  [[nodiscard]] const FilterCounts& counts() const { return counts_; }

 private:
  Result<Verdict> run_records(const wire::BatchView& batch, const Facts& facts);
  Verdict run_marker(const wire::BatchView& batch, const Facts& facts);
  Verdict emptied(const wire::BatchView& batch, const Facts& facts);
  enum class Reason : std::uint8_t { kNone, kSuperseded, kTombstone, kKeyless };
  [[nodiscard]] Reason judge(const wire::RecordView& record, Offset offset, bool horizon_passed) const;
  // Of records that stand uncompressed in records_.
  Result<> rewrite(const wire::BatchView& batch, std::int64_t base_timestamp, std::int64_t max_timestamp,
                   std::int32_t count, bool horizon);

  const OffsetMap& map_;
  Pass pass_;
  FilterCounts counts_;
  wire::Buffer scratch_;  // decompressed
  wire::Buffer records_;  // that stay
  wire::Buffer out_;
};

}  // namespace antiphon::kafka::log
