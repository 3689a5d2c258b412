#include "kafka/log/producer_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/codec.h"

namespace antiphon::kafka::log {

std::int32_t sequence_after(std::int32_t sequence, std::int32_t count) {
  const std::int64_t next = std::int64_t{sequence} + count;
  return static_cast<std::int32_t>(next > kSequenceMax ? next - kSequenceMax - 1 : next);
}

SequenceCheck ProducerStateTable::check(const ProducerBatch& batch) const {
  const auto found = producers_.find(batch.producer_id);
  if (found == producers_.end()) return {};
  const Producer& producer = found->second;
  if (batch.epoch < producer.epoch) return {SequenceVerdict::kStaleEpoch, {}};
  if (batch.epoch > producer.epoch) {
    return {batch.first_sequence == 0 ? SequenceVerdict::kNext : SequenceVerdict::kOutOfOrder, {}};
  }
  if (producer.batch_count == 0) return {};  // known by a marker only
  for (std::size_t i = 0; i < producer.batch_count; ++i) {
    const ProducerBatch& known = producer.batches[i];
    if (known.first_sequence == batch.first_sequence && known.last_sequence == batch.last_sequence) {
      return {SequenceVerdict::kDuplicate, known};
    }
  }
  const std::int32_t expected = sequence_after(producer.batches[producer.batch_count - 1U].last_sequence, 1);
  return {batch.first_sequence == expected ? SequenceVerdict::kNext : SequenceVerdict::kOutOfOrder, {}};
}

ProducerStateTable::Producer& ProducerStateTable::place_for(ProducerId id) {
  if (producers_.size() >= kProducersPerPartitionMax && !producers_.contains(id)) {
    const auto idle = std::min_element(producers_.begin(), producers_.end(), [](const auto& a, const auto& b) {
      return a.second.last_timestamp_ms < b.second.last_timestamp_ms;
    });
    producers_.erase(idle);
  }
  Producer& producer = producers_[id];
  producer.id = id;
  return producer;
}

void ProducerStateTable::update(const ProducerBatch& batch) {
  if (batch.producer_id.value() < 0) return;
  Producer& producer = place_for(batch.producer_id);
  if (batch.epoch != producer.epoch) producer.batch_count = 0;
  producer.epoch = batch.epoch;
  producer.last_timestamp_ms = std::max(producer.last_timestamp_ms, batch.timestamp_ms);
  if (producer.batch_count == kProducerBatchWindow) {
    std::move(producer.batches.begin() + 1, producer.batches.end(), producer.batches.begin());
    --producer.batch_count;
  }
  producer.batches[producer.batch_count++] = batch;
}

void ProducerStateTable::update_epoch(ProducerId id, ProducerEpoch epoch, std::int32_t coordinator_epoch,
                                      std::int64_t timestamp_ms) {
  if (id.value() < 0) return;
  Producer& producer = place_for(id);
  if (epoch != producer.epoch) producer.batch_count = 0;
  producer.epoch = epoch;
  producer.coordinator_epoch = std::max(producer.coordinator_epoch, coordinator_epoch);
  producer.last_timestamp_ms = std::max(producer.last_timestamp_ms, timestamp_ms);
}

std::size_t ProducerStateTable::expire(std::int64_t before_ms, const std::function<bool(ProducerId)>& keep) {
  return std::erase_if(producers_, [&](const auto& item) {
    return item.second.last_timestamp_ms < before_ms && !(keep && keep(item.first));
  });
}

const ProducerStateTable::Producer* ProducerStateTable::find(ProducerId id) const {
  const auto found = producers_.find(id);
  return found == producers_.end() ? nullptr : &found->second;
}

void ProducerStateTable::truncate_to(Offset end) {
  for (auto& [id, producer] : producers_) {
    while (producer.batch_count > 0 && producer.batches[producer.batch_count - 1U].last_offset >= end) {
      --producer.batch_count;
    }
  }
  std::erase_if(producers_, [](const auto& item) { return item.second.batch_count == 0; });
}

std::vector<ProducerStateTable::Producer> ProducerStateTable::producers() const {
  std::vector<Producer> all;
  all.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) all.push_back(producer);
  std::sort(all.begin(), all.end(), [](const Producer& a, const Producer& b) { return a.id < b.id; });
  return all;
}

void ProducerStateTable::encode(Bytes& out) const {
  Encoder encoder(out);
  encoder.u32(static_cast<std::uint32_t>(producers_.size()));
  for (const Producer& producer : producers()) {
    encoder.i64(producer.id.value());
    encoder.i16(producer.epoch.value());
    encoder.i32(producer.coordinator_epoch);
    encoder.i64(producer.last_timestamp_ms);
    encoder.u8(producer.batch_count);
    for (std::size_t i = 0; i < producer.batch_count; ++i) {
      const ProducerBatch& batch = producer.batches[i];
      encoder.i32(batch.first_sequence);
      encoder.i32(batch.last_sequence);
      encoder.i64(batch.first_offset.value());
      encoder.i64(batch.last_offset.value());
      encoder.i64(batch.timestamp_ms);
    }
  }
}

Result<ProducerStateTable> ProducerStateTable::decode(ByteView bytes) {
  Decoder decoder(bytes);
  ProducerStateTable table;
  const std::uint32_t count = decoder.u32();
  if (count > kProducersPerPartitionMax) return decoder.refuse(fmt::format("{} producers", count));
  for (std::uint32_t n = 0; n < count && decoder.ok(); ++n) {
    Producer producer;
    producer.id = ProducerId(decoder.i64());
    producer.epoch = ProducerEpoch(decoder.i16());
    producer.coordinator_epoch = decoder.i32();
    producer.last_timestamp_ms = decoder.i64();
    producer.batch_count = decoder.u8();
    if (producer.batch_count > kProducerBatchWindow) return decoder.refuse("more than five batches of a producer");
    for (std::size_t i = 0; i < producer.batch_count; ++i) {
      ProducerBatch& batch = producer.batches[i];
      batch.producer_id = producer.id;
      batch.epoch = producer.epoch;
      batch.first_sequence = decoder.i32();
      batch.last_sequence = decoder.i32();
      batch.first_offset = Offset(decoder.i64());
      batch.last_offset = Offset(decoder.i64());
      batch.timestamp_ms = decoder.i64();
    }
    table.producers_[producer.id] = producer;
  }
  ANTIPHON_TRY_VOID(decoder.finish());
  return table;
}

}  // namespace antiphon::kafka::log
