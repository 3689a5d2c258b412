#include "kafka/wire/batch_builder.h"

#include "kafka/wire/writer.h"

namespace antiphon::kafka::wire {
namespace {

std::size_t size_of(std::optional<ByteView> bytes) {
  return bytes ? varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size() : varint_size(-1);
}

void write_bytes(Writer& out, std::optional<ByteView> bytes) {
  out.varint(bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) out.raw(*bytes);
}

void write_header_fields(Writer& out, const BatchSettings& settings, std::int32_t count) {
  const unsigned attributes = static_cast<unsigned>(settings.codec) | (settings.log_append_time ? 0x08U : 0U) |
                              (settings.transactional ? 0x10U : 0U) | (settings.control ? 0x20U : 0U);
  out.i64(settings.base_offset.value());
  out.i32(0);  // length
  out.i32(settings.leader_epoch.value());
  out.i8(kBatchMagic);
  out.i32(0);  // CRC
  out.i16(static_cast<std::int16_t>(attributes));
  out.i32(count - 1);
}

}  // namespace

void BatchBuilder::add(std::int64_t timestamp_ms, std::optional<ByteView> key, std::optional<ByteView> value,
                       std::span<const RecordHeaderView> headers) {
  if (count_ == 0) base_timestamp_ = timestamp_ms;
  if (count_ == 0 || timestamp_ms > max_timestamp_) max_timestamp_ = timestamp_ms;
  const std::int64_t delta = wrapping_add(timestamp_ms, wrapping_add(~base_timestamp_, 1));
  const auto header_count = static_cast<std::int64_t>(headers.size());

  std::size_t size =
      1 + varint_size(delta) + varint_size(count_) + size_of(key) + size_of(value) + varint_size(header_count);
  for (const auto& header : headers) size += size_of(as_bytes(header.name)) + size_of(header.value);

  Writer out(records_);
  out.varint(static_cast<std::int64_t>(size));
  out.i8(0);
  out.varint(delta);
  out.varint(count_);
  write_bytes(out, key);
  write_bytes(out, value);
  out.varint(header_count);
  for (const auto& header : headers) {
    write_bytes(out, as_bytes(header.name));
    write_bytes(out, header.value);
  }
  ++count_;
}

Result<Bytes> BatchBuilder::finish() {
  ANTIPHON_ASSERT(count_ > 0);
  Buffer batch;
  batch.reserve(kBatchHeaderBytes + records_.size());
  Writer out(batch);
  write_header_fields(out, settings_, count_);
  out.i64(base_timestamp_);
  out.i64(max_timestamp_);
  out.i64(settings_.producer_id.value());
  out.i16(settings_.producer_epoch.value());
  out.i32(settings_.base_sequence);
  out.i32(count_);
  ANTIPHON_TRY_VOID(compress(settings_.codec, records_.view(), batch));
  if (batch.size() > 0x7fffffff)
    return make_error(ErrorKind::kLimit, "record batch: longer than its length field holds");
  store_big(batch.data() + 8, static_cast<std::int32_t>(batch.size() - kBatchLogOverheadBytes));
  patch_crc({batch.data(), batch.size()});
  records_.clear();
  count_ = 0;
  const ByteView whole = batch.view();
  return Bytes(whole.begin(), whole.end());
}

Bytes transaction_marker(ProducerId producer_id, ProducerEpoch producer_epoch, bool commit,
                         std::int32_t coordinator_epoch, std::int64_t timestamp_ms) {
  BatchSettings settings;
  settings.transactional = true;
  settings.control = true;
  settings.producer_id = producer_id;
  settings.producer_epoch = producer_epoch;
  std::array<std::byte, 4> key{};
  store_big(key.data() + 2, static_cast<std::int16_t>(commit ? 1 : 0));
  std::array<std::byte, 6> value{};
  store_big(value.data() + 2, coordinator_epoch);
  BatchBuilder builder(settings);
  builder.add(timestamp_ms, ByteView(key), ByteView(value));
  auto batch = builder.finish();
  ANTIPHON_ASSERT(batch.has_value());  // nothing is compressed, nothing is large
  return *std::move(batch);
}

std::optional<bool> marker_commits(const RecordView& control_record) {
  if (!control_record.key || control_record.key->size() < 4) return std::nullopt;
  const auto type = load_big<std::int16_t>(control_record.key->data() + 2);
  if (type != 0 && type != 1) return std::nullopt;
  return type == 1;
}

std::optional<TransactionMarker> transaction_marker_of(const BatchView& batch) {
  if (!batch.control()) return std::nullopt;
  Buffer scratch;
  auto records = RecordReader::open(batch, scratch);
  RecordView record;
  if (!records || !records->next(record)) return std::nullopt;
  const auto commit = marker_commits(record);
  if (!commit || !record.value || record.value->size() < 6) return std::nullopt;
  return TransactionMarker{*commit, load_big<std::int32_t>(record.value->data() + 2)};
}

}  // namespace antiphon::kafka::wire
