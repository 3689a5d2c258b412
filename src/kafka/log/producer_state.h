// What a partition remembers of idempotent producers (KIP-98, KIP-360), to tell a repeat from a gap.
//
// A plain object: no clock, no files. The partition asks check() before it appends and tells update() afterwards;
// recovery rebuilds the same state by telling update() what the batch headers say.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "core/types.h"

namespace antiphon::kafka::log {

constexpr std::size_t kProducerBatchWindow = 5;            // Kafka's: a client has at most five requests in flight
constexpr std::size_t kProducersPerPartitionMax = 10'000;  // beyond it the one that was idle longest is forgotten
constexpr std::int32_t kSequenceMax = 0x7fffffff;

// Sequences run 0 .. 2^31-1 and then 0 again.
[[nodiscard]] std::int32_t sequence_after(std::int32_t sequence, std::int32_t count);

// The idempotence fields of one batch header.
struct ProducerBatch {
  ProducerId producer_id{-1};
  ProducerEpoch epoch{-1};
  std::int32_t first_sequence = -1;
  std::int32_t last_sequence = -1;
  Offset first_offset{0};
  Offset last_offset{0};
  std::int64_t timestamp_ms = -1;
};

enum class SequenceVerdict : std::uint8_t {
  kNext,        // append it
  kDuplicate,   // one of the last five: answer its first offset, append nothing
  kOutOfOrder,  // OUT_OF_ORDER_SEQUENCE_NUMBER
  kStaleEpoch,  // INVALID_PRODUCER_EPOCH
};
struct SequenceCheck {
  SequenceVerdict verdict = SequenceVerdict::kNext;
  ProducerBatch original;  // for kDuplicate
};

class ProducerStateTable {
 public:
  // Says what an arriving batch is (its offsets are not looked at). A producer that is not known, or whose state
  // expired, may begin anywhere; a higher epoch must begin with sequence 0.
  [[nodiscard]] SequenceCheck check(const ProducerBatch& batch) const;
  // The batch is in the log.
  void update(const ProducerBatch& batch);
  // A control batch (transaction marker) carries an epoch but no sequence.
  void update_epoch(ProducerId producer, ProducerEpoch epoch, std::int32_t coordinator_epoch,
                    std::int64_t timestamp_ms);
  // Forgets who was idle since `before_ms`, but for those that `keep` names; how many.
  std::size_t expire(std::int64_t before_ms, const std::function<bool(ProducerId)>& keep = nullptr);
  // Forgets every batch at or after `end`, for a log that was cut there.
  void truncate_to(Offset end);
  [[nodiscard]] std::size_t size() const { return producers_.size(); }

  struct Producer {
    ProducerId id{-1};
    ProducerEpoch epoch{-1};
    std::int32_t coordinator_epoch = -1;  // of the last marker; -1: none yet
    std::int64_t last_timestamp_ms = -1;
    std::uint8_t batch_count = 0;  // of batches, oldest first
    std::array<ProducerBatch, kProducerBatchWindow> batches;
  };
  [[nodiscard]] const Producer* find(ProducerId id) const;
  [[nodiscard]] std::vector<Producer> producers() const;  // sorted by id (DescribeProducers, snapshots)

  // The durable form (docs/formats/log.md, "Producers"); decode() takes any bytes.
  void encode(Bytes& out) const;
  static Result<ProducerStateTable> decode(ByteView bytes);

 private:
  Producer& place_for(ProducerId id);

  std::unordered_map<ProducerId, Producer> producers_;
};

}  // namespace antiphon::kafka::log
