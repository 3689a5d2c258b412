#include <fmt/format.h>
#include <zlib.h>

#include "kafka/wire/message_set.h"
#include "kafka/wire/record.h"
#include "kafka/wire/writer.h"

namespace antiphon::kafka::wire {
namespace {

constexpr std::int8_t kLogAppendTimeBit = 0x08;

void write_message(Buffer& out, std::int8_t magic, const RecordReader& records, const RecordView& record,
                   bool log_append) {
  const std::size_t start = out.size();
  Writer writer(out);
  writer.i64(records.offset_of(record).value());
  writer.i32(0);  // size
  writer.i32(0);  // CRC
  writer.i8(magic);
  writer.i8(magic == 1 && log_append ? kLogAppendTimeBit : std::int8_t{0});
  if (magic == 1) writer.i64(records.timestamp_of(record));
  writer.bytes(Writer::Prefix::kInt32, record.key);
  writer.bytes(Writer::Prefix::kInt32, record.value);
  std::byte* const at = out.data() + start;
  const std::size_t size = out.size() - start;
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(at + 16), size - 16);
  store_big(at + 8, static_cast<std::int32_t>(size - 12));
  store_big(at + 12, static_cast<std::uint32_t>(crc));
}

// Adds one batch's messages; false where they do not fit any more.
Result<bool> append_batch(const BatchView& batch, std::int8_t magic, std::size_t end_max, Buffer& scratch,
                          Buffer& out) {
  ANTIPHON_TRY(records, RecordReader::open(batch, scratch));
  RecordView record;
  while (records.next(record)) {
    write_message(out, magic, records, record, batch.log_append_time());
    if (out.size() > end_max) return false;
  }
  if (!records.ok()) return records.error();
  return true;
}

}  // namespace

Result<> down_convert(ByteView batches, std::int8_t magic, std::size_t bytes_max, Buffer& out) {
  const std::size_t start = out.size();
  Buffer scratch;
  while (BatchView::framing(batches) != BatchFraming::kIncomplete) {
    ANTIPHON_TRY(batch, BatchView::at(batches));
    batches = batches.subspan(batch.size());
    if (batch.control()) continue;
    const std::size_t before = out.size();
    ANTIPHON_TRY(fits, append_batch(batch, magic, start + bytes_max, scratch, out));
    if (fits) continue;
    out.truncate(before);
    if (before > start) return {};
    return make_error(ErrorKind::kLimit, fmt::format("down-conversion: the first batch exceeds {} bytes", bytes_max));
  }
  return {};
}

}  // namespace antiphon::kafka::wire
