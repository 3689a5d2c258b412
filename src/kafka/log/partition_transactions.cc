#include "kafka/log/partition_transactions.h"

#include <algorithm>

#include "kafka/log/codec.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::uint32_t kOpenMax = 1U << 20U;      // of a mark; an open one costs its client a batch and a request
constexpr std::uint32_t kSegmentsMax = 1U << 24U;  // of a mark

}  // namespace

void PartitionTransactions::note(const BatchHeader& batch, Offset segment) {
  const ProducerId producer = batch.producer.producer_id;
  if (!batch.control) {
    if (batch.transactional && open_.emplace(producer, batch.base_offset).second) {
      open_by_first_.emplace(batch.base_offset, producer);
    }
    return;
  }
  const auto found = open_.find(producer);
  if (!batch.marker || found == open_.end()) return;
  const Offset first = found->second;
  open_by_first_.erase(first);
  open_.erase(found);
  ended_.push_back({first, batch.base_offset});
  if (batch.marker->commit) return;
  const Offset stable = open_by_first_.empty() ? batch.next_offset() : open_by_first_.begin()->first;
  aborted_.add(segment, {producer, first, batch.last_offset, stable});
}

void PartitionTransactions::settle(Offset high_watermark) {
  const auto durable = [&](const Ended& ended) { return ended.marker < high_watermark; };
  ended_.erase(ended_.begin(), std::find_if_not(ended_.begin(), ended_.end(), durable));
}

std::optional<Offset> PartitionTransactions::open_since(ProducerId producer) const {
  const auto found = open_.find(producer);
  return found == open_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Offset> PartitionTransactions::first_unstable() const {
  std::optional<Offset> first;
  if (!open_by_first_.empty()) first = open_by_first_.begin()->first;
  for (const Ended& ended : ended_) first = first ? std::min(*first, ended.first) : ended.first;
  return first;
}

TransactionsMark PartitionTransactions::mark() const {
  TransactionsMark mark;
  for (const auto& [first, producer] : open_by_first_) mark.open.push_back({producer, first});
  mark.aborted = aborted_.marks();
  return mark;
}

void PartitionTransactions::clear() {
  open_.clear();
  open_by_first_.clear();
  ended_.clear();
  aborted_.clear();
}

Result<bool> PartitionTransactions::resume(const TransactionsMark& mark) {
  clear();
  for (const OpenTransaction& open : mark.open) {
    open_.emplace(open.producer_id, open.first_offset);
    open_by_first_.emplace(open.first_offset, open.producer_id);
  }
  return aborted_.load(mark.aborted);
}

void TransactionsMark::encode(Bytes& out) const {
  Encoder encoder(out);
  encoder.u32(static_cast<std::uint32_t>(open.size()));
  for (const OpenTransaction& one : open) {
    encoder.i64(one.producer_id.value());
    encoder.i64(one.first_offset.value());
  }
  encoder.u32(static_cast<std::uint32_t>(aborted.size()));
  for (const AbortedIndexMark& one : aborted) {
    encoder.i64(one.segment.value());
    encoder.u32(one.entries);
    encoder.u32(one.crc);
  }
}

Result<TransactionsMark> TransactionsMark::decode(ByteView bytes) {
  Decoder decoder(bytes);
  TransactionsMark mark;
  const std::uint32_t open = decoder.u32();
  if (open > kOpenMax) return decoder.refuse(fmt::format("{} open transactions", open));
  for (std::uint32_t i = 0; i < open && decoder.ok(); ++i) {
    const ProducerId producer(decoder.i64());
    mark.open.push_back({producer, Offset(decoder.i64())});
  }
  const std::uint32_t segments = decoder.u32();
  if (segments > kSegmentsMax) return decoder.refuse(fmt::format("{} indexes of aborted transactions", segments));
  for (std::uint32_t i = 0; i < segments && decoder.ok(); ++i) {
    AbortedIndexMark one;
    one.segment = Offset(decoder.i64());
    one.entries = decoder.u32();
    one.crc = decoder.u32();
    mark.aborted.push_back(one);
  }
  ANTIPHON_TRY_VOID(decoder.finish());
  return mark;
}

}  // namespace antiphon::kafka::log
