#include "kafka/log/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/codec.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::log {
namespace {

constexpr std::uint32_t kCheckpointMagic = 0x414a4332;  // "AJC2"
constexpr std::uint32_t kTopicMagic = 0x414a5431;       // "AJT1"
constexpr std::size_t kFrontBytes = 8;                  // magic, CRC-32C of all behind
constexpr std::size_t kEpochsMax = 100'000;

Bytes framed(std::uint32_t magic) {
  Bytes out;
  Encoder encoder(out);
  encoder.u32(magic);
  encoder.u32(0);
  return out;
}
void seal(Bytes& out) { wire::store_big(out.data() + 4, wire::crc32c(ByteView(out).subspan(kFrontBytes))); }

Result<ByteView> body_of(ByteView bytes, std::uint32_t magic) {
  if (bytes.size() < kFrontBytes) return make_error(ErrorKind::kCorrupt, fmt::format("only {} bytes", bytes.size()));
  if (wire::load_big<std::uint32_t>(bytes.data()) != magic)
    return make_error(ErrorKind::kCorrupt, "another kind of file");
  const ByteView body = bytes.subspan(kFrontBytes);
  const auto crc = wire::load_big<std::uint32_t>(bytes.data() + 4);
  if (crc != wire::crc32c(body)) {
    return make_error(ErrorKind::kCorrupt,
                      fmt::format("its CRC-32C is {:08x}, its bytes have {:08x}", crc, wire::crc32c(body)));
  }
  return body;
}

void put(Encoder& encoder, const PartitionKey& key, const PartitionCheckpoint& partition) {
  encoder.raw(key.first.bytes);
  encoder.i32(key.second.value());
  encoder.i64(partition.log_start.value());
  encoder.i64(partition.synced_end.value());
  encoder.i64(partition.acknowledged_end.value());
  encoder.i64(partition.active_base.value());
  encoder.u64(partition.active_bytes);
  encoder.i64(partition.active_max_time.timestamp_ms);
  encoder.i64(partition.active_max_time.offset.value());
  encoder.i64(partition.active_first_timestamp_ms);
  encoder.u32(static_cast<std::uint32_t>(partition.epochs.size()));
  for (const EpochStart& epoch : partition.epochs) {
    encoder.i32(epoch.epoch.value());
    encoder.i64(epoch.start.value());
  }
  Bytes producers;
  partition.producers.encode(producers);
  encoder.u32(static_cast<std::uint32_t>(producers.size()));
  encoder.raw(producers);
  Bytes transactions;
  partition.transactions.encode(transactions);
  encoder.u32(static_cast<std::uint32_t>(transactions.size()));
  encoder.raw(transactions);
}

Result<> get(Decoder& decoder, Checkpoint& checkpoint) {
  TopicId topic;
  const ByteView id = decoder.raw(topic.bytes.size());
  std::copy(id.begin(), id.end(), topic.bytes.begin());
  const PartitionId number(decoder.i32());
  PartitionCheckpoint partition;
  partition.log_start = Offset(decoder.i64());
  partition.synced_end = Offset(decoder.i64());
  partition.acknowledged_end = Offset(decoder.i64());
  partition.active_base = Offset(decoder.i64());
  partition.active_bytes = decoder.u64();
  partition.active_max_time.timestamp_ms = decoder.i64();
  partition.active_max_time.offset = Offset(decoder.i64());
  partition.active_first_timestamp_ms = decoder.i64();
  const std::uint32_t epochs = decoder.u32();
  if (epochs > kEpochsMax) return decoder.refuse(fmt::format("{} leader epochs", epochs));
  for (std::uint32_t i = 0; i < epochs && decoder.ok(); ++i) {
    const LeaderEpoch epoch(decoder.i32());
    partition.epochs.push_back({epoch, Offset(decoder.i64())});
  }
  const ByteView producers = decoder.raw(decoder.u32());
  const ByteView transactions = decoder.raw(decoder.u32());
  if (!decoder.ok()) return decoder.finish();
  const bool ordered = partition.log_start.value() >= 0 && partition.log_start <= partition.synced_end &&
                       partition.active_base.value() >= 0 && partition.active_base <= partition.synced_end &&
                       partition.acknowledged_end >= partition.synced_end;
  if (!ordered) return decoder.refuse("offsets of a partition out of order");
  ANTIPHON_TRY(table, ProducerStateTable::decode(producers));
  partition.producers = std::move(table);
  ANTIPHON_TRY(marked, TransactionsMark::decode(transactions));
  partition.transactions = std::move(marked);
  checkpoint.partitions[{topic, number}] = std::move(partition);
  return {};
}

}  // namespace

Bytes encode_checkpoint(const Checkpoint& checkpoint) {
  Bytes out = framed(kCheckpointMagic);
  Encoder encoder(out);
  encoder.u64(checkpoint.journal.epoch);
  encoder.u64(checkpoint.journal.sequence);
  encoder.u64(checkpoint.journal.position);
  encoder.u32(static_cast<std::uint32_t>(checkpoint.partitions.size()));
  for (const auto& [key, partition] : checkpoint.partitions) put(encoder, key, partition);
  seal(out);
  return out;
}

Result<Checkpoint> decode_checkpoint(ByteView bytes) {
  ANTIPHON_TRY(body, body_of(bytes, kCheckpointMagic));
  Decoder decoder(body);
  Checkpoint checkpoint;
  checkpoint.journal.epoch = decoder.u64();
  checkpoint.journal.sequence = decoder.u64();
  checkpoint.journal.position = decoder.u64();
  if (checkpoint.journal.position % kJournalPage != 0) return decoder.refuse("the journal's start is not at a page");
  const std::uint32_t count = decoder.u32();
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) ANTIPHON_TRY_VOID(get(decoder, checkpoint));
  ANTIPHON_TRY_VOID(decoder.finish());
  return checkpoint;
}

Bytes encode_topic(const TopicMeta& topic) {
  Bytes out = framed(kTopicMagic);
  Encoder encoder(out);
  encoder.raw(topic.id.bytes);
  encoder.text(topic.name);
  encoder.i32(topic.partition_count);
  encoder.u32(static_cast<std::uint32_t>(topic.config.size()));
  for (const auto& [name, value] : topic.config) {
    encoder.text(name);
    encoder.text(value);
  }
  seal(out);
  return out;
}

Result<TopicMeta> decode_topic(ByteView bytes) {
  ANTIPHON_TRY(body, body_of(bytes, kTopicMagic));
  Decoder decoder(body);
  TopicMeta topic;
  const ByteView id = decoder.raw(topic.id.bytes.size());
  std::copy(id.begin(), id.end(), topic.id.bytes.begin());
  topic.name = decoder.text(kTopicNameBytesMax);
  topic.partition_count = decoder.i32();
  const std::uint32_t entries = decoder.u32();
  if (entries > kTopicConfigEntriesMax) return decoder.refuse(fmt::format("{} settings", entries));
  for (std::uint32_t i = 0; i < entries && decoder.ok(); ++i) {
    std::string name = decoder.text(kTopicConfigBytesMax);
    topic.config[std::move(name)] = decoder.text(kTopicConfigBytesMax);
  }
  ANTIPHON_TRY_VOID(decoder.finish());
  if (auto named = validate_topic_name(topic.name); !named) {
    return make_error(ErrorKind::kCorrupt, std::move(named).error().message);
  }
  if (topic.partition_count < 1 || topic.partition_count > kPartitionsPerTopicMax) {
    return decoder.refuse(fmt::format("{} partitions", topic.partition_count));
  }
  return topic;
}

}  // namespace antiphon::kafka::log
