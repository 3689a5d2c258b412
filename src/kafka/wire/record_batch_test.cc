#include "kafka/wire/record_batch.h"

#include <gtest/gtest.h>

#include "kafka/wire/batch_builder.h"
#include "kafka/wire/batch_validation.h"
#include "kafka/wire/testing/golden_batches.h"

namespace antiphon::kafka::wire {
namespace {

using testing::golden_batch;
using testing::kGoldenTimeMs;

const char* const kGoldenBatches[] = {"magic2-none", "magic2-gzip", "magic2-snappy", "magic2-lz4", "magic2-zstd"};

// A batch of our own: records "v0", "v1", ... without keys unless `keys`.
Bytes make_batch(int count, BatchSettings settings = {}, bool keys = true) {
  BatchBuilder builder(settings);
  for (int i = 0; i < count; ++i) {
    const std::string value = "v" + std::to_string(i);
    builder.add(1000 + i, keys ? std::optional(as_bytes("key")) : std::nullopt, as_bytes(value));
  }
  return builder.finish().value();
}

BatchVerdict validate(ByteView batch, BatchPolicy policy = {}, std::int16_t version = 9) {
  Buffer scratch;
  return validate_produced(batch, version, policy, scratch);
}

// A change to a good batch, with its CRC made right again.
template <class T>
Bytes changed(Bytes batch, std::size_t at, T value) {
  store_big(batch.data() + at, value);
  patch_crc(batch);
  return batch;
}

TEST(RecordBatch, CrcIsCastagnolis) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);  // the check value of RFC 3720's polynomial
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xe3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(RecordBatch, KafkasHeadersAreRead) {
  for (const char* name : kGoldenBatches) {
    SCOPED_TRACE(name);
    const Bytes bytes = golden_batch(name);
    const auto batch = BatchView::at(bytes);
    ASSERT_TRUE(batch.has_value());
    EXPECT_EQ(batch->size(), bytes.size());
    EXPECT_EQ(batch->base_offset(), Offset(100));
    EXPECT_EQ(batch->last_offset(), Offset(103));
    EXPECT_EQ(batch->next_offset(), Offset(104));
    EXPECT_EQ(batch->leader_epoch(), LeaderEpoch(5));
    EXPECT_EQ(batch->base_timestamp(), kGoldenTimeMs);
    EXPECT_EQ(batch->max_timestamp(), kGoldenTimeMs + 7);
    EXPECT_EQ(batch->producer_id(), ProducerId(4711));
    EXPECT_EQ(batch->producer_epoch(), ProducerEpoch(3));
    EXPECT_EQ(batch->base_sequence(), 17);
    EXPECT_EQ(batch->last_sequence(), 20);
    EXPECT_EQ(batch->record_count(), 4);
    EXPECT_EQ(std::string("magic2-") + std::string(to_string(batch->codec().value())), name);
    EXPECT_TRUE(batch->crc_matches());
    EXPECT_TRUE(validate(bytes, {.check_records = true}).accepted());
  }
}

TEST(RecordBatch, KafkasRecordsAreReadInEveryCodec) {
  for (const char* name : kGoldenBatches) {
    SCOPED_TRACE(name);
    const Bytes bytes = golden_batch(name);
    const BatchView batch = BatchView::at(bytes).value();
    Buffer scratch;
    auto records = RecordReader::open(batch, scratch).value();
    RecordView record;

    ASSERT_TRUE(records.next(record));
    EXPECT_EQ(records.offset_of(record), Offset(100));
    EXPECT_EQ(records.timestamp_of(record), kGoldenTimeMs);
    EXPECT_EQ(as_text(record.key.value()), "k0");
    EXPECT_EQ(as_text(record.value.value()), "v0");
    HeaderReader headers(record);
    RecordHeaderView header;
    ASSERT_TRUE(headers.next(header));
    EXPECT_EQ(header.name, "name");
    EXPECT_EQ(as_text(header.value.value()), "value");
    ASSERT_TRUE(headers.next(header));
    EXPECT_EQ(header.name, "null");
    EXPECT_FALSE(header.value.has_value());
    EXPECT_FALSE(headers.next(header));

    ASSERT_TRUE(records.next(record));
    EXPECT_FALSE(record.key.has_value());
    EXPECT_EQ(records.timestamp_of(record), kGoldenTimeMs - 5);
    ASSERT_TRUE(records.next(record));
    EXPECT_FALSE(record.value.has_value());
    ASSERT_TRUE(records.next(record));
    EXPECT_TRUE(record.key.has_value());
    EXPECT_EQ(record.key->size(), 0U);
    EXPECT_EQ(record.value->size(), testing::kGoldenBigValueBytes);
    EXPECT_FALSE(records.next(record));
    EXPECT_TRUE(records.ok());
  }
}

TEST(RecordBatch, OursIsByteForByteKafkas) {
  BatchSettings settings;
  settings.base_offset = Offset(100);
  settings.leader_epoch = LeaderEpoch(5);
  settings.producer_id = ProducerId(4711);
  settings.producer_epoch = ProducerEpoch(3);
  settings.base_sequence = 17;
  const std::string big(testing::kGoldenBigValueBytes, 'x');
  const RecordHeaderView headers[] = {{"name", as_bytes("value")}, {"null", std::nullopt}};
  BatchBuilder builder(settings);
  builder.add(kGoldenTimeMs, as_bytes("k0"), as_bytes("v0"), headers);
  builder.add(kGoldenTimeMs - 5, std::nullopt, as_bytes("v1"));
  builder.add(kGoldenTimeMs + 7, as_bytes("k2"), std::nullopt);
  builder.add(kGoldenTimeMs + 1, as_bytes(""), as_bytes(big));
  EXPECT_EQ(to_hex(builder.finish().value()), to_hex(golden_batch("magic2-none")));
}

TEST(RecordBatch, TransactionMarkersAreByteForByteKafkas) {
  EXPECT_EQ(to_hex(transaction_marker(ProducerId(4711), ProducerEpoch(3), true, 9, kGoldenTimeMs)),
            to_hex(golden_batch("marker-commit")));
  const Bytes abort = transaction_marker(ProducerId(4711), ProducerEpoch(3), false, 9, kGoldenTimeMs);
  EXPECT_EQ(to_hex(abort), to_hex(golden_batch("marker-abort")));
  const auto marker = transaction_marker_of(*BatchView::at(abort));
  ASSERT_TRUE(marker);
  EXPECT_FALSE(marker->commit);
  EXPECT_EQ(marker->coordinator_epoch, 9);
  Buffer scratch;
  auto records = RecordReader::open(BatchView::at(abort).value(), scratch).value();
  RecordView record;
  ASSERT_TRUE(records.next(record));
  EXPECT_EQ(marker_commits(record), false);
}

TEST(RecordBatch, BaseOffsetAndEpochArePatchedOutsideTheCrc) {
  Bytes bytes = make_batch(3);
  patch_base_offset(bytes, Offset(1'000'000'000'000));
  patch_leader_epoch(bytes, LeaderEpoch(7));
  const BatchView batch = BatchView::at(bytes).value();
  EXPECT_EQ(batch.last_offset(), Offset(1'000'000'000'002));
  EXPECT_EQ(batch.leader_epoch(), LeaderEpoch(7));
  EXPECT_TRUE(batch.crc_matches());
}

TEST(RecordBatch, LogAppendTimeIsEveryRecordsTimeAndTheCrcIsNew) {
  Bytes bytes = make_batch(2);
  patch_log_append_time(bytes, 5555);
  const BatchView batch = BatchView::at(bytes).value();
  EXPECT_TRUE(batch.log_append_time());
  EXPECT_TRUE(batch.crc_matches());
  EXPECT_EQ(batch.max_timestamp(), 5555);
  Buffer scratch;
  auto records = RecordReader::open(batch, scratch).value();
  RecordView record;
  while (records.next(record)) EXPECT_EQ(records.timestamp_of(record), 5555);
  EXPECT_TRUE(records.ok());
}

TEST(RecordBatch, SequencesWrapToZero) {
  BatchSettings settings;
  settings.producer_id = ProducerId(1);
  settings.producer_epoch = ProducerEpoch(0);
  settings.base_sequence = 0x7ffffffe;
  const Bytes bytes = make_batch(3, settings);
  EXPECT_EQ(BatchView::at(bytes)->last_sequence(), 0);
  EXPECT_TRUE(validate(bytes).accepted());
}

TEST(RecordBatch, FramingTellsWhatStandsAtTheFront) {
  const Bytes bytes = make_batch(1);
  EXPECT_EQ(BatchView::framing(bytes), BatchFraming::kWhole);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(BatchView::framing(ByteView(bytes).first(size)), BatchFraming::kIncomplete) << size;
    EXPECT_FALSE(BatchView::at(ByteView(bytes).first(size)));
  }
  EXPECT_EQ(BatchView::framing(golden_batch("magic1-none")), BatchFraming::kOtherMagic);
  // A preallocated tail of zeros, whose "CRC" would be right too.
  EXPECT_EQ(BatchView::framing(Bytes(4096)), BatchFraming::kOtherMagic);
  EXPECT_EQ(BatchView::framing(changed(bytes, 8, std::int32_t{48})), BatchFraming::kMalformed);
  EXPECT_EQ(BatchView::framing(changed(bytes, 8, std::int32_t{-1})), BatchFraming::kMalformed);
  EXPECT_EQ(BatchView::framing(changed(bytes, 8, std::int32_t{0x7fffffff})), BatchFraming::kIncomplete);
}

TEST(BatchValidation, EveryBitFlipIsFound) {
  const Bytes good = make_batch(2);
  ASSERT_TRUE(validate(good).accepted());
  for (std::size_t bit = 16 * 8; bit < good.size() * 8; ++bit) {  // behind offset, length and leader epoch
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_EQ(validate(bad).error, ErrorCode::kCorruptMessage) << "bit " << bit;
  }
}

TEST(BatchValidation, WhatKafkaRefusesIsRefused) {
  BatchSettings idempotent;
  idempotent.producer_id = ProducerId(1);
  idempotent.producer_epoch = ProducerEpoch(0);
  idempotent.base_sequence = 0;
  const Bytes good = make_batch(3, idempotent);
  ASSERT_TRUE(validate(good).accepted());
  Bytes two = good;
  two.insert(two.end(), good.begin(), good.end());
  struct Row {
    const char* name;
    Bytes batch;
    ErrorCode error;
  };
  const Row rows[] = {
      {"nothing", {}, ErrorCode::kCorruptMessage},
      {"two batches", two, ErrorCode::kInvalidRecord},
      {"a tail",
       [&] {
         Bytes b = good;
         b.push_back({});
         return b;
       }(),
       ErrorCode::kInvalidRecord},
      {"codec 5", changed(good, 21, std::int16_t{5}), ErrorCode::kCorruptMessage},
      {"control", changed(good, 21, std::int16_t{0x20}), ErrorCode::kInvalidRecord},
      {"no records", changed(changed(good, 57, std::int32_t{0}), 23, std::int32_t{-1}), ErrorCode::kInvalidRecord},
      {"count above delta", changed(good, 57, std::int32_t{4}), ErrorCode::kInvalidRecord},
      {"negative delta", changed(good, 23, std::int32_t{-2}), ErrorCode::kInvalidRecord},
      {"no sequence", changed(good, 53, std::int32_t{-1}), ErrorCode::kInvalidRecord},
      {"no epoch", changed(good, 51, std::int16_t{-1}), ErrorCode::kInvalidRecord},
      {"transactional without producer", changed(make_batch(3), 21, std::int16_t{0x10}), ErrorCode::kInvalidRecord},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const BatchVerdict verdict = validate(row.batch);
    EXPECT_EQ(verdict.error, row.error);
    EXPECT_NE(verdict.message, "");
  }
  EXPECT_EQ(validate(good, {.batch_bytes_max = good.size() - 1}).error, ErrorCode::kMessageTooLarge);
  EXPECT_TRUE(validate(good, {.batch_bytes_max = good.size()}).accepted());
}

TEST(BatchValidation, ZstdNeedsProduce7) {
  EXPECT_EQ(validate(golden_batch("magic2-zstd"), {}, 6).error, ErrorCode::kUnsupportedCompressionType);
  EXPECT_TRUE(validate(golden_batch("magic2-zstd"), {}, 7).accepted());
}

TEST(BatchValidation, ACompactedTopicNamesTheRecordsWithoutKey) {
  const BatchVerdict verdict = validate(golden_batch("magic2-gzip"), {.keys_required = true});
  EXPECT_EQ(verdict.error, ErrorCode::kInvalidRecord);
  EXPECT_EQ(verdict.keyless_records, std::vector<std::int32_t>{1});
  EXPECT_TRUE(validate(make_batch(2), {.keys_required = true}).accepted());
}

TEST(BatchValidation, RecordsThatDoNotFitTheirHeaderAreRefused) {
  const Bytes good = make_batch(3);
  ASSERT_TRUE(validate(good, {.check_records = true}).accepted());
  // The header says two, three are there; then four.
  const Bytes fewer = changed(changed(good, 57, std::int32_t{2}), 23, std::int32_t{1});
  const Bytes more = changed(changed(good, 57, std::int32_t{4}), 23, std::int32_t{3});
  EXPECT_EQ(validate(fewer, {.check_records = true}).error, ErrorCode::kInvalidRecord);
  EXPECT_EQ(validate(more, {.check_records = true}).error, ErrorCode::kInvalidRecord);
  // Offset deltas 0, 0, 2: the second record's delta stands behind length, attributes and timestamp delta.
  Bytes repeated = good;
  const std::size_t record_bytes = (good.size() - kBatchHeaderBytes) / 3;
  const std::size_t delta_at = kBatchHeaderBytes + record_bytes + 3;
  ASSERT_EQ(repeated[delta_at], std::byte{2});  // zigzag of 1
  repeated[delta_at] = std::byte{0};
  patch_crc(repeated);
  EXPECT_EQ(validate(repeated, {.check_records = true}).error, ErrorCode::kInvalidRecord);
}

TEST(RecordReader, HostileNumbersNeitherOverflowNorAllocate) {
  const Bytes good = make_batch(1);
  for (const std::int64_t extreme : {INT64_MAX, INT64_MIN}) {
    Bytes bytes = changed(changed(good, 27, extreme), 35, extreme);
    patch_base_offset(bytes, Offset(extreme));
    store_big(bytes.data() + 57, std::int32_t{0x7fffffff});
    const BatchView batch = BatchView::at(bytes).value();
    (void)batch.next_offset();
    Buffer scratch;
    auto records = RecordReader::open(batch, scratch).value();
    RecordView record;
    int count = 0;
    while (records.next(record)) {
      (void)records.offset_of(record);
      (void)records.timestamp_of(record);
      ++count;
    }
    EXPECT_EQ(count, 1);
    EXPECT_FALSE(records.ok());
  }
}

}  // namespace
}  // namespace antiphon::kafka::wire
