// The transactions of one partition (KIP-98): which are open, which have ended but not durably yet, which were aborted.
//
//   offsets   .. a1 b1 a2 A b2 ..      a, b: batches of two producers; A: the marker that ends a's
//   unstable from b1 on, and from a1 on until the high watermark has passed A: a marker that a crash may still take
//   away decides nothing.
//
// A plain object that is told of every batch in the order of the log, by appends as by recovery. Reactor thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kafka/log/aborted_index.h"
#include "kafka/log/batch.h"

namespace antiphon::kafka::log {

struct OpenTransaction {
  ProducerId producer_id{-1};
  Offset first_offset{0};
};

// What a checkpoint keeps.
struct TransactionsMark {
  std::vector<OpenTransaction> open;  // by first offset
  std::vector<AbortedIndexMark> aborted;

  void encode(Bytes& out) const;
  static Result<TransactionsMark> decode(ByteView bytes);  // any bytes; kCorrupt
};

class PartitionTransactions {
 public:
  PartitionTransactions(FilePool& pool, std::string directory) : aborted_(pool, std::move(directory)) {}

  // The batch stands in the log, in the segment that begins at `segment`.
  void note(const BatchHeader& batch, Offset segment);
  // Markers below the high watermark are durable: what they ended is stable.
  void settle(Offset high_watermark);

  [[nodiscard]] std::optional<Offset> open_since(ProducerId producer) const;
  // The first offset that is not stable; nothing: all are, below the high watermark.
  [[nodiscard]] std::optional<Offset> first_unstable() const;

  [[nodiscard]] const AbortedIndex& aborted() const { return aborted_; }
  [[nodiscard]] AbortedIndex& aborted() { return aborted_; }

  [[nodiscard]] TransactionsMark mark() const;
  // Start. False: the index is not what it was: then clear(), and note() everything again.
  Result<bool> resume(const TransactionsMark& mark);
  void clear();

 private:
  struct Ended {
    Offset first;
    Offset marker;
  };

  std::unordered_map<ProducerId, Offset> open_;
  std::map<Offset, ProducerId> open_by_first_;
  std::vector<Ended> ended_;  // by marker; not below the high watermark
  AbortedIndex aborted_;
};

}  // namespace antiphon::kafka::log
