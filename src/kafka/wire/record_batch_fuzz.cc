// Fuzz: record batches: header, CRC, every codec, records and their headers, validation, down-conversion.
//
// A fuzzer does not guess a CRC: the bytes are tried as they are, and once more with the CRC made right.
#include <cstdint>

#include "core/assert.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/batch_validation.h"
#include "kafka/wire/message_set.h"

namespace {

using namespace antiphon;
using namespace antiphon::kafka::wire;

constexpr std::size_t kBoundBytes = std::size_t{1} << 20;  // small, so that bombs do not slow the fuzzer

void walk(const BatchView& batch) {
  (void)batch.next_offset();
  (void)batch.last_sequence();
  Buffer scratch;
  auto records = RecordReader::open(batch, scratch, kBoundBytes);
  ANTIPHON_ASSERT(scratch.size() <= kBoundBytes + 1);
  if (!records) return;
  RecordView record;
  while (records->next(record)) {
    (void)records->offset_of(record);
    (void)records->timestamp_of(record);
    (void)marker_commits(record);
    HeaderReader headers(record);
    RecordHeaderView header;
    std::int32_t count = 0;
    while (headers.next(header)) ++count;
    ANTIPHON_ASSERT(count == record.header_count);  // their form has been checked
  }
}

void try_batch(Bytes bytes) {
  auto batch = BatchView::at(bytes);
  if (!batch) return;
  patch_base_offset(bytes, Offset(7));
  patch_leader_epoch(bytes, LeaderEpoch(1));
  walk(*batch);
  MutableByteView front(bytes.data(), batch->size());
  patch_crc(front);
  ANTIPHON_ASSERT(batch->crc_matches());
  Buffer scratch;
  const auto verdict = validate_produced(front, 9, {.batch_bytes_max = kBoundBytes, .check_records = true}, scratch);
  for (const std::int8_t magic : {std::int8_t{0}, std::int8_t{1}}) {
    Buffer out;
    const auto converted = down_convert(front, magic, kBoundBytes, out);
    ANTIPHON_ASSERT(out.size() <= kBoundBytes || !converted);
    if (!verdict.accepted() || !converted || out.empty()) continue;
    ANTIPHON_ASSERT(up_convert(out.view(), {.batch_bytes_max = 2 * kBoundBytes}).verdict.accepted());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try_batch(Bytes(bytes.begin(), bytes.end()));
  return 0;
}
