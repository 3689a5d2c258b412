#include "kafka/broker/txn/records.h"

#include <fmt/format.h>

#include "core/assert.h"

namespace antiphon::kafka::broker {
namespace {

template <class T, class Write>
Bytes encoded(const T& value, Write write) {
  wire::Buffer buffer;
  const Result<> written = write(buffer, value);
  ANTIPHON_ASSERT(written.has_value());  // ids and topic names came through int16 lengths of a request: they fit
  const ByteView view = buffer.view();
  return {view.begin(), view.end()};
}

Bytes key_of(const std::string& transactional_id) {
  return encoded(wire::TransactionLogKey{transactional_id}, [](auto& out, const auto& v) { return write_key(out, v); });
}

}  // namespace

KeyedRecord transaction_record(const std::string& transactional_id, const Transaction& transaction) {
  wire::TransactionLogValue value;
  value.producer_id = transaction.producer_id;
  value.producer_epoch = transaction.epoch;
  value.transaction_timeout_ms = transaction.timeout_ms;
  value.transaction_status = transaction.state;
  value.transaction_last_update_timestamp_ms = transaction.update_ms;
  value.transaction_start_timestamp_ms = transaction.start_ms;
  if (transaction.state != TransactionState::kEmpty) value.transaction_partitions.emplace();
  for (const auto& [topic, partition] : transaction.partitions) {  // ordered by topic
    auto& topics = *value.transaction_partitions;
    if (topics.empty() || topics.back().topic != topic) topics.push_back({topic, {}});
    topics.back().partition_ids.push_back(partition);
  }
  return {key_of(transactional_id), encoded(value, [](auto& out, const auto& v) { return write_value(out, v); })};
}

KeyedRecord transaction_tombstone(const std::string& transactional_id) {
  return {key_of(transactional_id), std::nullopt};
}

Result<std::string> decode_transaction_key(ByteView key) {
  ANTIPHON_TRY(read, wire::read_transaction_key(key));
  return std::string(read.transactional_id);
}

Result<Transaction> decode_transaction(ByteView bytes) {
  ANTIPHON_TRY(value, wire::read_transaction_value(bytes));
  if (value.transaction_status < TransactionState::kEmpty ||
      value.transaction_status > TransactionState::kCompleteAbort) {
    return make_error(ErrorKind::kCorrupt,
                      fmt::format("a transaction in state {}", static_cast<int>(value.transaction_status)));
  }
  Transaction transaction;
  transaction.producer_id = value.producer_id;
  transaction.last_producer_id = value.previous_producer_id;
  transaction.epoch = value.producer_epoch;
  transaction.timeout_ms = value.transaction_timeout_ms;
  transaction.state = value.transaction_status;
  transaction.start_ms = value.transaction_start_timestamp_ms;
  transaction.update_ms = value.transaction_last_update_timestamp_ms;
  if (value.transaction_partitions) {
    for (const auto& topic : *value.transaction_partitions) {
      for (const PartitionId id : topic.partition_ids) transaction.partitions.insert({std::string(topic.topic), id});
    }
  }
  return transaction;
}

}  // namespace antiphon::kafka::broker
