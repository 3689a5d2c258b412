// What the transaction coordinator needs of the world: where its state is kept, who writes markers, who gives out ids.
// The broker has topics for it; a test keeps it in memory.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "kafka/broker/keyed_record.h"
#include "kafka/broker/txn/transaction.h"

namespace antiphon::kafka::broker {

// A control batch for one partition.
struct MarkerToWrite {
  ProducerIdentity producer;
  bool commit = false;
  std::int32_t coordinator_epoch = 0;
  TopicPartition partition;
};

// Each `done` is called exactly once on the caller's thread, at once or later, when what was asked for is on stable
// storage or cannot be.
class TransactionStore {
 public:
  virtual ~TransactionStore() = default;
  // For one id in the order of the appends: what is durable is a run from the first one on.
  virtual void append(std::string_view transactional_id, KeyedRecord record, std::function<void(ErrorCode)> done) = 0;
  [[nodiscard]] virtual std::int32_t coordinator_epoch(std::string_view transactional_id) = 0;
};

class MarkerWriter {
 public:
  virtual ~MarkerWriter() = default;
  virtual void write(const MarkerToWrite& marker, std::function<void(ErrorCode)> done) = 0;
};

// A producer id that was never given out; nothing: the disk refused.
using ProducerIdSource = std::function<std::optional<ProducerId>()>;

}  // namespace antiphon::kafka::broker
