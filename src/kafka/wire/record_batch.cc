#include "kafka/wire/record_batch.h"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <algorithm>

namespace antiphon::kafka::wire {
namespace {

constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kAttributesAt = 21;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::int16_t kLogAppendTimeBit = 0x08;

}  // namespace

std::uint32_t crc32c(ByteView data) { return crc32c(data, 0); }

std::uint32_t crc32c(ByteView data, std::uint32_t crc_before) {
  // ISA-L's function neither inverts before nor after, takes an int, and never writes.
  constexpr std::size_t kStepBytes = std::size_t{1} << 30;
  std::uint32_t crc = ~crc_before;
  while (!data.empty()) {
    const ByteView step = data.first(std::min(data.size(), kStepBytes));
    auto* const at = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(step.data()));
    crc = crc32_iscsi(at, static_cast<int>(step.size()), crc);
    data = data.subspan(step.size());
  }
  return ~crc;
}

BatchFraming BatchView::framing(ByteView bytes) {
  if (bytes.size() <= kMagicAt) return BatchFraming::kIncomplete;
  if (load_big<std::int8_t>(bytes.data() + kMagicAt) != kBatchMagic) return BatchFraming::kOtherMagic;
  const auto length = load_big<std::int32_t>(bytes.data() + kLengthAt);
  constexpr auto kLengthMin = static_cast<std::int32_t>(kBatchHeaderBytes - kBatchLogOverheadBytes);
  if (length < kLengthMin) return BatchFraming::kMalformed;
  if (bytes.size() - kBatchLogOverheadBytes < static_cast<std::size_t>(length)) return BatchFraming::kIncomplete;
  return BatchFraming::kWhole;
}

Result<BatchView> BatchView::at(ByteView bytes) {
  const auto refused = [](std::string message) { return make_error(ErrorKind::kInvalidInput, std::move(message)); };
  switch (framing(bytes)) {
    case BatchFraming::kIncomplete:
      return refused(fmt::format("record batch: ends early, {} bytes are there", bytes.size()));
    case BatchFraming::kOtherMagic:
      return refused(fmt::format("record batch: magic {}, not 2", load_big<std::int8_t>(bytes.data() + kMagicAt)));
    case BatchFraming::kMalformed:
      return refused(fmt::format("record batch: length {}", load_big<std::int32_t>(bytes.data() + kLengthAt)));
    case BatchFraming::kWhole:
      break;
  }
  return BatchView(bytes.first(BatchView(bytes).size()));
}

std::int32_t BatchView::last_sequence() const {
  if (base_sequence() < 0) return base_sequence();
  return static_cast<std::int32_t>((std::int64_t{base_sequence()} + last_offset_delta()) & 0x7fffffff);
}

bool BatchView::crc_matches() const { return crc32c(bytes_.subspan(kAttributesAt)) == crc(); }

void patch_base_offset(MutableByteView batch, Offset base_offset) { store_big(batch.data(), base_offset.value()); }

void patch_leader_epoch(MutableByteView batch, LeaderEpoch leader_epoch) {
  store_big(batch.data() + kBatchLogOverheadBytes, leader_epoch.value());
}

void patch_log_append_time(MutableByteView batch, std::int64_t timestamp_ms) {
  const auto attributes = load_big<std::int16_t>(batch.data() + kAttributesAt);
  store_big(batch.data() + kAttributesAt, static_cast<std::int16_t>(attributes | kLogAppendTimeBit));
  store_big(batch.data() + kMaxTimestampAt, timestamp_ms);
  patch_crc(batch);
}

void patch_max_timestamp(MutableByteView batch, std::int64_t timestamp_ms) {
  store_big(batch.data() + kMaxTimestampAt, timestamp_ms);
  patch_crc(batch);
}

void patch_crc(MutableByteView batch) { store_big(batch.data() + kCrcAt, crc32c(batch.subspan(kAttributesAt))); }

}  // namespace antiphon::kafka::wire
