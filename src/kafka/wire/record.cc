#include "kafka/wire/record.h"

#include <fmt/format.h>

namespace antiphon::kafka::wire {
namespace {

// A varint length of a record's field: -1 is null.
std::optional<ByteView> varint_bytes(Reader& in, bool null_allowed) {
  const std::int32_t size = in.varint();
  if (!in.ok()) return std::nullopt;
  if (size >= 0) return in.take(static_cast<std::size_t>(size));
  if (size < -1 || !null_allowed) in.fail("a length is negative");
  return std::nullopt;
}

void read_header(Reader& in, RecordHeaderView& header) {
  header.name = as_text(varint_bytes(in, false).value_or(ByteView{}));
  header.value = varint_bytes(in, true);
}

// Walks over the headers to see that they are well formed and end where the record does.
void read_headers(Reader& body, RecordView& record) {
  record.header_count = body.varint();
  if (record.header_count < 0) body.fail("a count of headers is negative");
  Reader walk = body;
  record.headers = body.take(body.remaining());
  RecordHeaderView header;
  for (std::int32_t i = 0; i < record.header_count && walk.ok(); ++i) read_header(walk, header);
  if (!walk.ok()) body.fail("malformed headers");
  if (walk.ok() && walk.remaining() > 0) body.fail("bytes behind the last header");
}

void read_record(Reader& body, RecordView& record) {
  (void)body.i8();  // attributes: none is in use
  record.timestamp_delta = body.varlong();
  record.offset_delta = body.varint();
  record.key = varint_bytes(body, true);
  record.value = varint_bytes(body, true);
  read_headers(body, record);
}

}  // namespace

bool HeaderReader::next(RecordHeaderView& header) {
  if (left_ <= 0 || !in_.ok()) return false;
  --left_;
  read_header(in_, header);
  return in_.ok();
}

RecordReader::RecordReader(const BatchView& batch, ByteView records)
    : in_(records),
      base_offset_(batch.base_offset()),
      base_timestamp_(batch.base_timestamp()),
      max_timestamp_(batch.max_timestamp()),
      log_append_time_(batch.log_append_time()),
      left_(batch.record_count()) {
  if (left_ < 0) in_.fail("a count of records is negative");
}

Result<RecordReader> RecordReader::open(const BatchView& batch, Buffer& scratch, std::size_t bytes_max) {
  const auto codec = batch.codec();
  if (!codec) {
    return make_error(ErrorKind::kInvalidInput,
                      fmt::format("record batch: unknown codec, attributes {}", batch.attributes()));
  }
  if (*codec == Codec::kNone) return RecordReader(batch, batch.records());
  scratch.clear();
  ANTIPHON_TRY_VOID(decompress(*codec, batch.records(), bytes_max, scratch));
  return RecordReader(batch, scratch.view());
}

bool RecordReader::next(RecordView& record) {
  if (left_ <= 0) {
    if (in_.ok() && in_.remaining() > 0) in_.fail("bytes behind the last record");
    return false;
  }
  --left_;
  const auto bytes = varint_bytes(in_, false);
  if (!bytes) return false;
  Reader body(*bytes);
  read_record(body, record);
  if (!body.ok()) in_.fail("malformed record");
  return in_.ok();
}

std::int64_t RecordReader::timestamp_of(const RecordView& record) const {
  if (log_append_time_) return max_timestamp_;
  return wrapping_add(base_timestamp_, record.timestamp_delta);
}

}  // namespace antiphon::kafka::wire
