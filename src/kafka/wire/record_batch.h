// A record batch of magic 2 (KIP-98), as Kafka sends and stores it. Big-endian; the CRC covers everything behind it.
//
//      0 base offset        int64    21 attributes          int16
//      8 batch length       int32    23 last offset delta   int32
//     12 leader epoch       int32    27 base timestamp      int64
//     16 magic              int8     35 max timestamp       int64
//     17 crc-32c           uint32    43 producer id int64 | 51 epoch int16 | 53 base sequence int32
//                                    57 record count int32 | 61 records, compressed together
//
// Attributes: bits 0-2 codec, 3 log append time (else create time), 4 transactional, 5 control.
// The batch length counts what stands behind it, so a batch takes 12 bytes more. Base offset and leader epoch lie
// outside the CRC: the broker patches them in place and stores the rest as it came.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/result.h"
#include "core/types.h"
#include "kafka/wire/compression.h"
#include "kafka/wire/endian.h"

namespace antiphon::kafka::wire {

constexpr std::size_t kBatchHeaderBytes = 61;
constexpr std::size_t kBatchLogOverheadBytes = 12;  // what the batch length does not count
constexpr std::int8_t kBatchMagic = 2;

// CRC-32C (Castagnoli), as batches use it; by ISA-L.
[[nodiscard]] std::uint32_t crc32c(ByteView data);
// Of two pieces that follow one another: crc32c(b, crc32c(a)).
[[nodiscard]] std::uint32_t crc32c(ByteView data, std::uint32_t crc_before);

// Foreign numbers may be anything: the sum wraps around instead of overflowing.
[[nodiscard]] constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
[[nodiscard]] constexpr Offset wrapping_add(Offset offset, std::int64_t count) {
  return Offset(wrapping_add(offset.value(), count));
}

// What stands at the front of some bytes. Magic is looked at wherever 17 bytes are there (it has the same place in
// every format), so kOtherMagic is an old message set (message_set.h) or rubbish.
enum class BatchFraming : std::uint8_t { kWhole, kIncomplete, kOtherMagic, kMalformed };

// Looks at one batch and never owns it: valid as long as the bytes are. Only at() makes one, so at least the header is
// there and the length fits; nothing else has been checked.
class BatchView {
 public:
  // The framing of the batch at the front of `bytes`; others may follow.
  static BatchFraming framing(ByteView bytes);
  // kInvalidInput unless framing() is kWhole.
  static Result<BatchView> at(ByteView bytes);
  // For a reader of segment files that has the header only: `header` holds 61 bytes of a batch whose framing it has
  // checked otherwise. records() and crc_matches() must not be called on it.
  static BatchView of_header(ByteView header) { return BatchView(header); }

  [[nodiscard]] ByteView bytes() const { return bytes_; }
  [[nodiscard]] ByteView records() const { return bytes_.subspan(kBatchHeaderBytes); }  // compressed as codec() says
  // Length field + 12: what the batch takes, from the header alone.
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(load<std::int32_t>(8)) + kBatchLogOverheadBytes;
  }

  [[nodiscard]] Offset base_offset() const { return Offset(load<std::int64_t>(0)); }
  // Of bytes that nobody has validated they may wrap around.
  [[nodiscard]] Offset last_offset() const { return wrapping_add(base_offset(), last_offset_delta()); }
  [[nodiscard]] Offset next_offset() const { return wrapping_add(last_offset(), 1); }
  [[nodiscard]] LeaderEpoch leader_epoch() const { return LeaderEpoch(load<std::int32_t>(12)); }
  [[nodiscard]] std::int8_t magic() const { return load<std::int8_t>(16); }
  [[nodiscard]] std::uint32_t crc() const { return load<std::uint32_t>(17); }
  [[nodiscard]] std::int16_t attributes() const { return load<std::int16_t>(21); }
  [[nodiscard]] std::int32_t last_offset_delta() const { return load<std::int32_t>(23); }
  [[nodiscard]] std::int64_t base_timestamp() const { return load<std::int64_t>(27); }
  [[nodiscard]] std::int64_t max_timestamp() const { return load<std::int64_t>(35); }
  [[nodiscard]] ProducerId producer_id() const { return ProducerId(load<std::int64_t>(43)); }
  [[nodiscard]] ProducerEpoch producer_epoch() const { return ProducerEpoch(load<std::int16_t>(51)); }
  [[nodiscard]] std::int32_t base_sequence() const { return load<std::int32_t>(53); }
  // Sequences run 0 .. 2^31-1 and then 0 again.
  [[nodiscard]] std::int32_t last_sequence() const;
  [[nodiscard]] std::int32_t record_count() const { return load<std::int32_t>(57); }

  // Nothing for a number that is no codec (5, 6, 7).
  [[nodiscard]] std::optional<Codec> codec() const { return codec_of(attributes()); }
  [[nodiscard]] bool log_append_time() const { return (attributes() & 0x08) != 0; }
  [[nodiscard]] bool transactional() const { return (attributes() & 0x10) != 0; }
  [[nodiscard]] bool control() const { return (attributes() & 0x20) != 0; }
  [[nodiscard]] bool idempotent() const { return producer_id().value() >= 0; }
  [[nodiscard]] bool crc_matches() const;

 private:
  explicit BatchView(ByteView bytes) : bytes_(bytes) {}
  template <class T>
  [[nodiscard]] T load(std::size_t at) const {
    return load_big<T>(bytes_.data() + at);
  }

  ByteView bytes_;
};

// In place, on a batch that at() accepted. The first two lie outside the CRC.
void patch_base_offset(MutableByteView batch, Offset base_offset);
void patch_leader_epoch(MutableByteView batch, LeaderEpoch leader_epoch);
// Sets the attribute bit and the maximum, and makes the CRC new. Readers then take this time for every record.
void patch_log_append_time(MutableByteView batch, std::int64_t timestamp_ms);
void patch_max_timestamp(MutableByteView batch, std::int64_t timestamp_ms);  // makes the CRC new
void patch_crc(MutableByteView batch);

}  // namespace antiphon::kafka::wire
