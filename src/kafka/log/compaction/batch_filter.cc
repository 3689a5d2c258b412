#include "kafka/log/compaction/batch_filter.h"

#include <algorithm>
#include <vector>

#include "kafka/wire/writer.h"

namespace antiphon::kafka::log {
namespace {

using wire::varint_size;

std::size_t size_of(std::optional<ByteView> bytes) {
  return bytes ? varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size() : varint_size(-1);
}
void write_bytes(wire::Writer& out, std::optional<ByteView> bytes) {
  out.varint(bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) out.raw(*bytes);
}

void write_record(wire::Buffer& to, const wire::RecordView& record, std::int64_t timestamp_delta) {
  const std::size_t size = 1 + varint_size(timestamp_delta) + varint_size(record.offset_delta) + size_of(record.key) +
                           size_of(record.value) + varint_size(record.header_count) + record.headers.size();
  wire::Writer out(to);
  out.varint(static_cast<std::int64_t>(size));
  out.i8(0);
  out.varint(timestamp_delta);
  out.varint(record.offset_delta);
  write_bytes(out, record.key);
  write_bytes(out, record.value);
  out.varint(record.header_count);
  out.raw(record.headers);
}

std::int64_t difference(std::int64_t a, std::int64_t b) { return wire::wrapping_add(a, wire::wrapping_add(~b, 1)); }

bool has_horizon(const wire::BatchView& batch) { return (batch.attributes() & kDeleteHorizonBit) != 0; }

constexpr std::size_t kBufferKeptBytes = std::size_t{1} << 20;  // of each buffer, between two batches

}  // namespace

Result<BatchFilter::Verdict> BatchFilter::run(const wire::BatchView& batch, const Facts& facts) {
  for (wire::Buffer* const buffer : {&scratch_, &records_, &out_}) {
    buffer->clear();
    buffer->shrink(kBufferKeptBytes);
  }
  if (facts.keep_whole || batch.base_offset() >= pass_.map_end) return Verdict::kCopy;
  if (batch.control()) return run_marker(batch, facts);
  if (facts.aborted && batch.last_offset() < pass_.map_end) {
    counts_.aborted += static_cast<std::uint64_t>(std::max(batch.record_count(), 0));
    return emptied(batch, facts);
  }
  return run_records(batch, facts);
}

BatchFilter::Reason BatchFilter::judge(const wire::RecordView& record, Offset offset, bool horizon_passed) const {
  if (offset >= pass_.map_end || offset == pass_.keep) return Reason::kNone;
  if (!record.key) return Reason::kKeyless;
  const auto newest = map_.newest(*record.key);
  if (newest && offset < *newest) return Reason::kSuperseded;
  if (!record.value && horizon_passed) return Reason::kTombstone;
  return Reason::kNone;
}

Result<BatchFilter::Verdict> BatchFilter::run_records(const wire::BatchView& batch, const Facts& facts) {
  const bool horizon_passed = has_horizon(batch) && pass_.now_ms >= batch.base_timestamp();
  ANTIPHON_TRY(reader, wire::RecordReader::open(batch, scratch_));
  wire::RecordReader again = reader;
  wire::RecordView record;
  std::vector<bool> stays;  // a bit each: a batch may have millions
  std::int32_t kept = 0;
  FilterCounts lost;
  bool tombstones = false;
  std::int64_t max_timestamp = INT64_MIN;
  while (reader.next(record)) {
    const Reason reason = judge(record, reader.offset_of(record), horizon_passed);
    stays.push_back(reason == Reason::kNone);
    if (reason == Reason::kSuperseded) ++lost.superseded;
    if (reason == Reason::kTombstone) ++lost.tombstones;
    if (reason == Reason::kKeyless) ++lost.keyless;
    if (reason != Reason::kNone) continue;
    tombstones = tombstones || !record.value;
    max_timestamp = std::max(max_timestamp, reader.timestamp_of(record));
    ++kept;
  }
  if (!reader.ok()) return reader.error();
  counts_.kept += static_cast<std::uint64_t>(kept);
  counts_.superseded += lost.superseded;
  counts_.tombstones += lost.tombstones;
  counts_.keyless += lost.keyless;
  if (kept == 0) return emptied(batch, facts);
  const bool new_horizon = tombstones && !has_horizon(batch) && batch.last_offset() < pass_.map_end;
  if (lost.removed() == 0 && !new_horizon) return Verdict::kCopy;

  std::int64_t base = batch.base_timestamp();
  if (new_horizon) {
    base = pass_.now_ms > INT64_MAX - pass_.delete_retention_ms ? INT64_MAX : pass_.now_ms + pass_.delete_retention_ms;
  }
  const std::int64_t shift = difference(batch.base_timestamp(), base);
  for (std::size_t i = 0; again.next(record); ++i) {
    if (stays[i]) write_record(records_, record, wire::wrapping_add(record.timestamp_delta, shift));
  }
  if (batch.log_append_time()) max_timestamp = batch.max_timestamp();
  ANTIPHON_TRY_VOID(rewrite(batch, base, max_timestamp, kept, new_horizon || has_horizon(batch)));
  return Verdict::kRewritten;
}

// Of a transaction of which nothing is left the marker says nothing; it stays delete.retention.ms for who is in the
// middle of reading.
BatchFilter::Verdict BatchFilter::run_marker(const wire::BatchView& batch, const Facts& facts) {
  if (!facts.empty_marker || batch.last_offset() >= pass_.map_end || batch.record_count() <= 0) return Verdict::kCopy;
  if (has_horizon(batch)) {
    if (pass_.now_ms < batch.base_timestamp() || batch.last_offset() == pass_.keep) return Verdict::kCopy;
    ++counts_.markers;
    return emptied(batch, facts);
  }
  auto reader = wire::RecordReader::open(batch, scratch_);
  wire::RecordView record;
  if (!reader || !reader->next(record) || batch.record_count() != 1) return Verdict::kCopy;  // no marker of ours
  const std::int64_t base =
      pass_.now_ms > INT64_MAX - pass_.delete_retention_ms ? INT64_MAX : pass_.now_ms + pass_.delete_retention_ms;
  write_record(records_, record, difference(reader->timestamp_of(record), base));
  const auto done = rewrite(batch, base, batch.max_timestamp(), 1, true);
  return done ? Verdict::kRewritten : Verdict::kCopy;
}

BatchFilter::Verdict BatchFilter::emptied(const wire::BatchView& batch, const Facts& facts) {
  if (!facts.last_of_producer && batch.last_offset() != pass_.keep) return Verdict::kRemoved;
  if (batch.record_count() == 0) return Verdict::kCopy;
  records_.clear();
  const auto done = rewrite(batch, batch.base_timestamp(), batch.max_timestamp(), 0, has_horizon(batch));
  return done ? Verdict::kRewritten : Verdict::kCopy;
}

Result<> BatchFilter::rewrite(const wire::BatchView& batch, std::int64_t base_timestamp, std::int64_t max_timestamp,
                              std::int32_t count, bool horizon) {
  const auto codec = count == 0 ? wire::Codec::kNone : batch.codec().value_or(wire::Codec::kNone);
  constexpr unsigned kKeptBits = 0x38;  // time, transaction, control
  const unsigned attributes = (static_cast<unsigned>(batch.attributes()) & kKeptBits) | static_cast<unsigned>(codec) |
                              (horizon ? static_cast<unsigned>(kDeleteHorizonBit) : 0U);
  out_.clear();
  wire::Writer out(out_);
  out.i64(batch.base_offset().value());
  out.i32(0);  // length
  out.i32(batch.leader_epoch().value());
  out.i8(wire::kBatchMagic);
  out.i32(0);  // CRC
  out.i16(static_cast<std::int16_t>(attributes));
  out.i32(batch.last_offset_delta());
  out.i64(base_timestamp);
  out.i64(max_timestamp);
  out.i64(batch.producer_id().value());
  out.i16(batch.producer_epoch().value());
  out.i32(batch.base_sequence());
  out.i32(count);
  if (count > 0) ANTIPHON_TRY_VOID(wire::compress(codec, records_.view(), out_));
  if (out_.size() > 0x7fffffff) return make_error(ErrorKind::kLimit, "a batch longer than its length field holds");
  wire::store_big(out_.data() + 8, static_cast<std::int32_t>(out_.size() - wire::kBatchLogOverheadBytes));
  wire::patch_crc({out_.data(), out_.size()});
  return {};
}

}  // namespace antiphon::kafka::log
