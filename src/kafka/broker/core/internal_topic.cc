#include "kafka/broker/core/internal_topic.h"

#include <cstdlib>

#include "core/logging.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::uint64_t kLoadBytesAtOnce = 4ULL << 20U;

// One code point from UTF-8, never beyond the end; anything malformed is U+FFFD and takes one byte.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  const std::size_t length = first < 0x80          ? 1
                             : (first >> 5U) == 6  ? 2
                             : (first >> 4U) == 14 ? 3
                             : (first >> 3U) == 30 ? 4
                                                   : 0;
  if (length == 1) return text[at++] & 0x7F;
  if (length == 0 || at + length > text.size()) return ++at, 0xFFFD;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) >> 6U) != 2) return ++at, 0xFFFD;
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  at += length;
  return code;
}
}  // namespace

std::int32_t java_hash(std::string_view utf8) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::uint32_t code = next_code_point(utf8, at);
    if (code < 0x10000) {
      hash = hash * 31 + code;
    } else {
      hash = hash * 31 + (0xD800 + ((code - 0x10000) >> 10U));
      hash = hash * 31 + (0xDC00 + ((code - 0x10000) & 0x3FFU));
    }
  }
  return static_cast<std::int32_t>(hash);
}

Result<> InternalTopic::ensure() {
  if (log_.topic(shape_.name) != nullptr) return {};
  ANTIPHON_TRY_VOID(log_.create_topic(shape_.name, shape_.partitions, shape_.config));
  return {};
}

wire::ErrorCode InternalTopic::known(std::string_view key) {
  using wire::ErrorCode;
  if (log_.recovery().damage.empty() && log_.topic(shape_.name) == nullptr) return ErrorCode::kNone;
  if (!ensure()) return ErrorCode::kCoordinatorNotAvailable;  // its folders are there, its topic's file is damaged
  const log::Partition* partition = partition_of(key);
  const bool damaged =
      partition != nullptr && partition->failure() && partition->failure()->kind == ErrorKind::kCorrupt;
  return damaged ? ErrorCode::kCoordinatorNotAvailable : ErrorCode::kNone;
}

PartitionId InternalTopic::partition_id_of(std::string_view key) const {
  const auto* meta = log_.topic(shape_.name);
  if (meta == nullptr || meta->partition_count <= 0) return PartitionId(-1);
  const std::int32_t hash = java_hash(key);
  const std::int32_t positive = hash == INT32_MIN ? 0 : std::abs(hash);  // Kafka's Utils.abs
  return PartitionId(positive % meta->partition_count);
}

log::Partition* InternalTopic::partition_of(std::string_view key) {
  return log_.partition(shape_.name, partition_id_of(key));
}

void InternalTopic::append(std::string_view key, const std::vector<KeyedRecord>& records,
                           std::function<void(wire::ErrorCode)> done, const wire::BatchSettings& settings) {
  using wire::ErrorCode;
  if (const auto made = ensure(); !made) {
    logging::error("a topic of the broker's own cannot be made",
                   {{"topic", shape_.name}, {"error", made.error().message}});
    return done(ErrorCode::kCoordinatorNotAvailable);
  }
  log::Partition* partition = partition_of(key);
  if (partition == nullptr) return done(ErrorCode::kCoordinatorNotAvailable);
  wire::BatchBuilder builder(settings);
  const auto now_ms = to_unix_ms(clock_.wall_now());
  for (const auto& record : records) {
    builder.add(now_ms, ByteView(record.key), record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
  }
  auto batch = builder.finish();
  if (!batch) return done(ErrorCode::kUnknownServerError);
  const auto appended =
      partition->append({.batches = *batch, .durability = log::Durability::kSynced, .owner = nullptr});
  if (appended.status == log::AppendStatus::kStaleEpoch) return done(ErrorCode::kInvalidProducerEpoch);
  if (appended.status != log::AppendStatus::kAppended) return done(ErrorCode::kCoordinatorNotAvailable);
  if (appended.ticket == log::SyncTicket{}) return done(ErrorCode::kNone);
  waiters_.add(appended.ticket, [done = std::move(done)](bool durable) {
    done(durable ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable);
  });
}

Result<std::uint64_t> InternalTopic::load_partition(log::Partition& partition, const Visit& visit) const {
  std::uint64_t unreadable = 0;
  wire::Buffer scratch;
  // What the last life left unsynced is not believed before it is on stable storage.
  std::vector<log::SettledTicket> settled;
  while (partition.high_watermark() < partition.log_end_offset() && log_.syncer().run_once()) {
    log_.poll_completed(settled);
  }
  if (partition.high_watermark() < partition.log_end_offset() && partition.failure())
    return Error(*partition.failure());
  Offset at = partition.log_start_offset();
  while (at < partition.log_end_offset()) {
    ANTIPHON_TRY(slice, partition.read(at, kLoadBytesAtOnce, partition.log_end_offset()));
    if (slice.length == 0) break;
    ANTIPHON_TRY(bytes, log::read_bytes(slice));
    for (ByteView rest = bytes; !rest.empty();) {
      ANTIPHON_TRY(batch, wire::BatchView::at(rest));
      rest = rest.subspan(batch.size());
      auto reader = wire::RecordReader::open(batch, scratch);
      if (!reader) {
        ++unreadable;
        continue;
      }
      wire::RecordView record;
      while (reader->next(record)) {
        if (!record.key || !visit(partition.id(), batch, record)) ++unreadable;
      }
      if (!reader->ok()) ++unreadable;
    }
    at = slice.next_offset;
  }
  return unreadable;
}

Result<> InternalTopic::load(const Visit& visit) const {
  const auto* meta = log_.topic(shape_.name);
  for (std::int32_t i = 0; meta != nullptr && i < meta->partition_count; ++i) {
    log::Partition* partition = log_.partition(shape_.name, PartitionId(i));
    if (partition == nullptr) continue;
    const auto unreadable = load_partition(*partition, visit);
    if (!unreadable && unreadable.error().kind == ErrorKind::kIo) return Error(unreadable.error()).within(shape_.name);
    if (!unreadable) {
      logging::error("a topic of the broker's own could not be read to its end",
                     {{"topic", shape_.name}, {"partition", i}, {"error", unreadable.error().message}});
    } else if (*unreadable > 0) {
      logging::warn("records of the broker's own were not understood",
                    {{"topic", shape_.name}, {"partition", i}, {"records", *unreadable}});
    }
  }
  return {};
}

}  // namespace antiphon::kafka::broker
