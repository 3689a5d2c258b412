// The records inside a batch of magic 2.
//
//     length varint | attributes int8 | timestamp delta varlong | offset delta varint
//     | key length varint, key | value length varint, value | header count varint, headers
//     header: name length varint, name | value length varint, value          (length -1: null)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "core/types.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::wire {

struct RecordHeaderView {
  std::string_view name;
  std::optional<ByteView> value;
};

// Views into the batch, or into the scratch buffer that it was decompressed to.
struct RecordView {
  std::int32_t offset_delta = 0;
  std::int64_t timestamp_delta = 0;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::int32_t header_count = 0;
  ByteView headers;  // read them with HeaderReader; their form has been checked
};

// The headers of one record, in order.
class HeaderReader {
 public:
  explicit HeaderReader(const RecordView& record) : in_(record.headers), left_(record.header_count) {}
  bool next(RecordHeaderView& header);  // false: that was the last

 private:
  Reader in_;
  std::int32_t left_;
};

// Reads the records of a batch one after another:
//
//     ANTIPHON_TRY(records, RecordReader::open(batch, scratch));
//     RecordView record;
//     while (records.next(record)) use(record);
//     if (!records.ok()) return records.error();
class RecordReader {
 public:
  // Decompresses where needed, into `scratch` (cleared first), which must live as long as the reader and its records.
  // Errors: an unknown codec, data that is not the codec's, more than `bytes_max`.
  static Result<RecordReader> open(const BatchView& batch, Buffer& scratch,
                                   std::size_t bytes_max = kDecompressedBytesMax);

  // False after the last record (as many as the header says, and no byte behind them) or at the first malformed one.
  bool next(RecordView& record);
  [[nodiscard]] bool ok() const { return in_.ok(); }
  [[nodiscard]] Error error() const { return in_.error("record batch"); }

  // Of the record last read.
  [[nodiscard]] Offset offset_of(const RecordView& record) const {
    return wrapping_add(base_offset_, record.offset_delta);
  }
  [[nodiscard]] std::int64_t timestamp_of(const RecordView& record) const;

 private:
  RecordReader(const BatchView& batch, ByteView records);

  Reader in_;
  Offset base_offset_;
  std::int64_t base_timestamp_;
  std::int64_t max_timestamp_;
  bool log_append_time_;
  std::int32_t left_;
};

}  // namespace antiphon::kafka::wire
