#include "kafka/wire/message_set.h"

#include <gtest/gtest.h>

#include "kafka/wire/batch_builder.h"
#include "kafka/wire/testing/golden_batches.h"

namespace antiphon::kafka::wire {
namespace {

using testing::golden_batch;
using testing::kGoldenTimeMs;

struct Row {
  const char* name;
  Codec codec;
  bool magic1;
};
constexpr Row kRows[] = {
    {"magic0-none", Codec::kNone, false},     {"magic0-gzip", Codec::kGzip, false},
    {"magic0-snappy", Codec::kSnappy, false}, {"magic0-lz4", Codec::kLz4, false},
    {"magic1-none", Codec::kNone, true},      {"magic1-gzip", Codec::kGzip, true},
    {"magic1-snappy", Codec::kSnappy, true},  {"magic1-lz4", Codec::kLz4, true},
};

TEST(MessageSet, KafkasMessagesBecomeOneBatch) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Bytes set = golden_batch(row.name);
    ASSERT_TRUE(is_message_set(set));
    const UpConverted converted = up_convert(set, {});
    ASSERT_TRUE(converted.verdict.accepted()) << converted.verdict.message;
    Buffer scratch;
    EXPECT_TRUE(validate_produced(converted.batch, 9, {.check_records = true}, scratch).accepted());

    const BatchView batch = BatchView::at(converted.batch).value();
    EXPECT_EQ(batch.codec(), row.codec);
    EXPECT_EQ(batch.record_count(), 4);
    EXPECT_EQ(batch.max_timestamp(), row.magic1 ? kGoldenTimeMs + 7 : -1);
    auto records = RecordReader::open(batch, scratch).value();
    RecordView record;
    ASSERT_TRUE(records.next(record));
    EXPECT_EQ(as_text(record.key.value()), "k0");
    EXPECT_EQ(as_text(record.value.value()), "v0");
    EXPECT_EQ(records.timestamp_of(record), row.magic1 ? kGoldenTimeMs : -1);
    ASSERT_TRUE(records.next(record));
    EXPECT_FALSE(record.key.has_value());
    EXPECT_EQ(records.timestamp_of(record), row.magic1 ? kGoldenTimeMs - 5 : -1);
    ASSERT_TRUE(records.next(record));
    EXPECT_FALSE(record.value.has_value());
    ASSERT_TRUE(records.next(record));
    EXPECT_EQ(record.value->size(), testing::kGoldenBigValueBytes);
    EXPECT_FALSE(records.next(record));
    EXPECT_TRUE(records.ok());
  }
}

TEST(MessageSet, DownConvertedIsByteForByteKafkas) {
  const Bytes batch = up_convert(golden_batch("magic1-none"), {}).batch;
  Buffer out;
  ASSERT_TRUE(down_convert(batch, 1, 1 << 20, out));
  EXPECT_EQ(to_hex(out.view()), to_hex(golden_batch("magic1-none")));
  out.clear();
  ASSERT_TRUE(down_convert(batch, 0, 1 << 20, out));
  EXPECT_EQ(to_hex(out.view()), to_hex(golden_batch("magic0-none")));
}

TEST(MessageSet, EveryBitFlipIsFound) {
  for (const char* name : {"magic0-none", "magic1-gzip"}) {
    const Bytes good = golden_batch(name);
    for (std::size_t bit = 12 * 8; bit < 30 * 8; ++bit) {  // the first message, behind offset and size
      Bytes bad = good;
      bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      EXPECT_FALSE(up_convert(bad, {}).verdict.accepted()) << name << " bit " << bit;
    }
  }
}

TEST(MessageSet, TruncatedIsRefused) {
  for (const Row& row : kRows) {
    const Bytes good = golden_batch(row.name);
    // Cut inside the last message; between two messages a cut leaves a whole set.
    for (std::size_t cut = 1; cut < 30; ++cut) {
      EXPECT_FALSE(up_convert(ByteView(good).first(good.size() - cut), {}).verdict.accepted())
          << row.name << " " << cut;
    }
  }
  EXPECT_FALSE(up_convert({}, {}).verdict.accepted());
}

TEST(MessageSet, ACompactedTopicAndASizeLimitAreKept) {
  const UpConverted keyless = up_convert(golden_batch("magic1-lz4"), {.keys_required = true});
  EXPECT_EQ(keyless.verdict.error, ErrorCode::kInvalidRecord);
  EXPECT_EQ(keyless.verdict.keyless_records, std::vector<std::int32_t>{1});
  EXPECT_EQ(up_convert(golden_batch("magic1-none"), {.batch_bytes_max = 100}).verdict.error,
            ErrorCode::kMessageTooLarge);
}

TEST(MessageSet, DownConversionLeavesOutControlBatchesAndIncompleteTails) {
  Bytes log = transaction_marker(ProducerId(1), ProducerEpoch(0), true, 0, 1);
  const Bytes batch = golden_batch("magic2-zstd");
  log.insert(log.end(), batch.begin(), batch.end());
  log.insert(log.end(), batch.begin(), batch.begin() + 70);
  Buffer out;
  ASSERT_TRUE(down_convert(log, 1, 1 << 20, out));
  const UpConverted again = up_convert(out.view(), {});
  ASSERT_TRUE(again.verdict.accepted());
  EXPECT_EQ(BatchView::at(again.batch)->record_count(), 4);
  EXPECT_EQ(load_big<std::int64_t>(out.data()), 100);  // offsets are the log's own
}

TEST(MessageSet, DownConversionStopsAtItsBound) {
  Bytes log;
  for (int i = 0; i < 3; ++i) {
    const Bytes batch = golden_batch("magic2-gzip");
    log.insert(log.end(), batch.begin(), batch.end());
  }
  Buffer one;
  ASSERT_TRUE(down_convert(ByteView(log).first(log.size() / 3), 1, 1 << 20, one));
  Buffer out;
  ASSERT_TRUE(down_convert(log, 1, one.size() * 2 + 10, out));
  EXPECT_EQ(out.size(), one.size() * 2);
  Buffer none;
  const auto refused = down_convert(log, 1, one.size() - 1, none);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace antiphon::kafka::wire
