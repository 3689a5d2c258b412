// What a cleaner must know of transactions: which batches of them count, and of which markers nothing is left.
//
// Only batches below the last stable offset are cleaned, so every transaction there has ended. A batch whose fate is
// not known is kept as it is and supersedes nothing.
#pragma once

#include <unordered_set>
#include <vector>

#include "kafka/log/aborted_index.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::log {

struct KnownTransactions {
  bool known = false;  // `aborted` names all that were aborted in what is cleaned
  std::vector<AbortedTransaction> aborted;
};

class TransactionTracker {
 public:
  explicit TransactionTracker(const KnownTransactions& transactions) : transactions_(transactions) {}

  enum class Fate { kCounts, kAborted, kUnknown };
  [[nodiscard]] Fate fate(const wire::BatchView& batch) const {
    if (!batch.transactional() || batch.control()) return Fate::kCounts;
    if (!transactions_.known) return Fate::kUnknown;
    const bool aborted = is_aborted(transactions_.aborted, batch.producer_id(), batch.base_offset());
    return aborted ? Fate::kAborted : Fate::kCounts;
  }

  // Told of every batch from the log's start on, in order, as it was before this pass. True: a commit marker without a
  // batch of its transaction before it. Abort markers stay: the index of aborted transactions names them.
  bool ends_nothing(const wire::BatchView& batch, bool commits) {
    if (!batch.transactional()) return false;
    if (!batch.control()) {
      with_data_.insert(batch.producer_id());
      return false;
    }
    return with_data_.erase(batch.producer_id()) == 0 && commits && transactions_.known;
  }

 private:
  const KnownTransactions& transactions_;
  std::unordered_set<ProducerId> with_data_;
};

}  // namespace antiphon::kafka::log
