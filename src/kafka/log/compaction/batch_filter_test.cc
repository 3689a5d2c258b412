#include "kafka/log/compaction/batch_filter.h"

#include "kafka/log/compaction/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

using Verdict = BatchFilter::Verdict;
constexpr std::int64_t kNow = 1'700'000'000'000;

class Filter : public ::testing::Test {
 protected:
  Filter() { pass_.map_end = Offset(1'000); }
  // The keys' newest offsets.
  void newest(const std::vector<std::pair<std::string, std::int64_t>>& keys) {
    for (const auto& [key, offset] : keys) ASSERT_TRUE(map_.put(as_bytes(key), Offset(offset)));
  }
  Verdict run(const Bytes& bytes, const BatchFilter::Facts& facts = {}) {
    pass_.now_ms = now_ms_;
    pass_.delete_retention_ms = 1'000;
    filter_ = std::make_unique<BatchFilter>(map_, pass_);
    auto verdict = filter_->run(*wire::BatchView::at(bytes), facts);
    EXPECT_TRUE(verdict) << verdict.error().message;
    return verdict ? *verdict : Verdict::kCopy;
  }
  std::vector<KeyedRecord> records() { return keyed_records_of(filter_->rewritten()); }
  wire::BatchView batch() { return *wire::BatchView::at(filter_->rewritten()); }
  Bytes bytes() { return {filter_->rewritten().begin(), filter_->rewritten().end()}; }

  OffsetMap map_{100};
  BatchFilter::Pass pass_;
  std::int64_t now_ms_ = kNow;
  std::unique_ptr<BatchFilter> filter_;
};

wire::BatchSettings at(std::int64_t offset) {
  wire::BatchSettings settings;
  settings.base_offset = Offset(offset);
  settings.leader_epoch = LeaderEpoch(3);
  return settings;
}

TEST_F(Filter, ABatchThatLosesNothingIsNotTouched) {
  newest({{"a", 10}, {"b", 11}});
  EXPECT_EQ(run(keyed_batch({{"a", "1"}, {"b", "2"}}, 5, at(10))), Verdict::kCopy);
  EXPECT_EQ(filter_->counts().kept, 2U);
}

TEST_F(Filter, WithEveryCodecTheNewestRecordOfAKeyStaysAtItsOffsetWithItsTime) {
  newest({{"a", 12}, {"b", 11}, {"c", 99}});
  for (const auto codec :
       {wire::Codec::kNone, wire::Codec::kGzip, wire::Codec::kSnappy, wire::Codec::kLz4, wire::Codec::kZstd}) {
    SCOPED_TRACE(wire::to_string(codec));
    auto settings = at(10);
    settings.codec = codec;
    settings.producer_id = ProducerId(7);
    settings.producer_epoch = ProducerEpoch(2);
    settings.base_sequence = 40;
    ASSERT_EQ(run(keyed_batch({{"a", "old"}, {"b", "2"}, {"a", "new"}, {"c", "old"}}, 5, settings)),
              Verdict::kRewritten);
    const std::vector<KeyedRecord> expected{{Offset(11), 5, "b", "2"}, {Offset(12), 5, "a", "new"}};
    EXPECT_EQ(records(), expected);
    EXPECT_EQ(batch().base_offset(), Offset(10));
    EXPECT_EQ(batch().last_offset(), Offset(13)) << "the gap at its end can be told";
    EXPECT_EQ(batch().leader_epoch(), LeaderEpoch(3));
    EXPECT_EQ(batch().producer_id(), ProducerId(7));
    EXPECT_EQ(batch().producer_epoch(), ProducerEpoch(2));
    EXPECT_EQ(batch().base_sequence(), 40);
    EXPECT_EQ(batch().last_sequence(), 43);
    EXPECT_EQ(batch().codec(), codec);
    EXPECT_EQ(batch().record_count(), 2);
    EXPECT_EQ(filter_->counts().superseded, 2U);
  }
}

TEST_F(Filter, ATombstoneGetsItsHorizonOnceAndGoesWhenItHasPassed) {
  newest({{"a", 10}, {"b", 11}});
  ASSERT_EQ(run(keyed_batch({{"a", std::nullopt}, {"b", "2"}}, 5, at(10))), Verdict::kRewritten);
  EXPECT_NE(batch().attributes() & kDeleteHorizonBit, 0);
  EXPECT_EQ(batch().base_timestamp(), kNow + 1'000) << "KIP-534: the base timestamp is the horizon";
  const std::vector<KeyedRecord> both{{Offset(10), 5, "a", std::nullopt}, {Offset(11), 5, "b", "2"}};
  EXPECT_EQ(records(), both) << "their times are what they were";
  const Bytes with_horizon = bytes();
  now_ms_ = kNow + 999;
  EXPECT_EQ(run(with_horizon), Verdict::kCopy);
  now_ms_ = kNow + 1'000;
  ASSERT_EQ(run(with_horizon), Verdict::kRewritten);
  const std::vector<KeyedRecord> one{{Offset(11), 5, "b", "2"}};
  EXPECT_EQ(records(), one);
  EXPECT_EQ(filter_->counts().tombstones, 1U);
}

TEST_F(Filter, WhatIsNotInTheMapOrBehindItsEndStays) {
  pass_.map_end = Offset(11);
  newest({{"a", 10}});
  EXPECT_EQ(run(keyed_batch({{"x", "never seen"}, {"a", "behind"}}, 5, at(10))), Verdict::kCopy);
  EXPECT_EQ(run(keyed_batch({{"x", std::nullopt}, {"x", std::nullopt}}, 5, at(10))), Verdict::kCopy)
      << "no horizon for a batch that is not judged to its end";
}

TEST_F(Filter, ABatchThatLosesAllGoesButForTheLastOfItsProducer) {
  newest({{"a", 99}});
  const Bytes whole = keyed_batch({{"a", "1"}, {"a", "2"}}, 5, at(10));
  EXPECT_EQ(run(whole), Verdict::kRemoved);
  ASSERT_EQ(run(whole, {.last_of_producer = true}), Verdict::kRewritten);
  EXPECT_EQ(batch().record_count(), 0);
  EXPECT_EQ(batch().last_offset(), Offset(11));
  EXPECT_TRUE(batch().crc_matches());
  const Bytes empty = bytes();
  EXPECT_EQ(empty.size(), wire::kBatchHeaderBytes);
  EXPECT_EQ(run(empty, {.last_of_producer = true}), Verdict::kCopy);
  EXPECT_EQ(run(empty), Verdict::kRemoved) << "the producer has written another one";
}

TEST_F(Filter, TheRecordAtTheEndOfThePassStaysEvenIfItIsATombstoneBeyondItsHorizon) {
  newest({{"a", 11}, {"b", 10}});
  ASSERT_EQ(run(keyed_batch({{"b", std::nullopt}, {"a", std::nullopt}}, 5, at(10))), Verdict::kRewritten);
  const Bytes with_horizon = bytes();
  now_ms_ = kNow + 5'000;
  pass_.keep = Offset(11);
  ASSERT_EQ(run(with_horizon), Verdict::kRewritten);
  ASSERT_EQ(records().size(), 1U);
  EXPECT_EQ(records()[0].offset, Offset(11));
}

TEST_F(Filter, ARecordWithoutAKeyGoes) {
  wire::BatchBuilder builder(at(10));
  builder.add(5, std::nullopt, as_bytes("x"));
  builder.add(5, as_bytes("k"), as_bytes("y"));
  newest({{"k", 11}});
  ASSERT_EQ(run(*builder.finish()), Verdict::kRewritten);
  EXPECT_EQ(records().size(), 1U);
  EXPECT_EQ(filter_->counts().keyless, 1U);
}

TEST_F(Filter, AbortedRecordsGoAndWhatIsNotDecidedStays) {
  newest({{"a", 10}});
  auto settings = at(10);
  settings.transactional = true;
  settings.producer_id = ProducerId(7);
  settings.producer_epoch = ProducerEpoch(0);
  settings.base_sequence = 0;
  const Bytes whole = keyed_batch({{"a", "1"}}, 5, settings);
  EXPECT_EQ(run(whole, {.aborted = true}), Verdict::kRemoved);
  EXPECT_EQ(filter_->counts().aborted, 1U);
  EXPECT_EQ(run(whole, {.keep_whole = true}), Verdict::kCopy);
}

TEST_F(Filter, AMarkerOfWhichNothingIsLeftGetsAHorizonAndGoes) {
  const Bytes marker = wire::transaction_marker(ProducerId(7), ProducerEpoch(0), true, 0, 5);
  EXPECT_EQ(run(marker), Verdict::kCopy) << "a batch of its transaction is there";
  ASSERT_EQ(run(marker, {.empty_marker = true}), Verdict::kRewritten);
  EXPECT_EQ(batch().base_timestamp(), kNow + 1'000);
  EXPECT_TRUE(batch().control());
  const Bytes with_horizon = bytes();
  EXPECT_EQ(run(with_horizon, {.empty_marker = true}), Verdict::kCopy);
  now_ms_ = kNow + 1'000;
  EXPECT_EQ(run(with_horizon, {.empty_marker = true}), Verdict::kRemoved);
}

TEST_F(Filter, HeadersComeThroughAsTheyAre) {
  const std::vector<wire::RecordHeaderView> headers{{"ce_id", as_bytes("1")}, {"none", std::nullopt}};
  wire::BatchBuilder builder(at(10));
  builder.add(5, as_bytes("old"), as_bytes("x"), headers);
  builder.add(5, as_bytes("k"), as_bytes("y"), headers);
  newest({{"old", 99}, {"k", 11}});
  ASSERT_EQ(run(*builder.finish()), Verdict::kRewritten);
  wire::Buffer scratch;
  auto reader = wire::RecordReader::open(batch(), scratch);
  wire::RecordView record;
  ASSERT_TRUE(reader->next(record));
  wire::HeaderReader names(record);
  wire::RecordHeaderView header;
  ASSERT_TRUE(names.next(header));
  EXPECT_EQ(header.name, "ce_id");
  EXPECT_EQ(as_text(*header.value), "1");
  ASSERT_TRUE(names.next(header));
  EXPECT_FALSE(header.value);
  EXPECT_FALSE(names.next(header));
}

TEST(OffsetMap, HoldsThreeQuartersOfItsMemoryAndThenSaysThatItIsFull) {
  OffsetMap map(1'000'000, 4096);
  EXPECT_EQ(map.bytes(), 4096U);
  ASSERT_EQ(map.capacity(), 96U);
  for (int i = 0; i < 96; ++i) ASSERT_TRUE(map.put(as_bytes(std::to_string(i)), Offset(i)));
  EXPECT_FALSE(map.put(as_bytes("one more"), Offset(100)));
  EXPECT_TRUE(map.put(as_bytes("5"), Offset(101))) << "a key that is known takes no room";
  EXPECT_EQ(map.newest(as_bytes("5")), Offset(101));
  EXPECT_EQ(map.newest(as_bytes("95")), Offset(95));
  EXPECT_FALSE(map.newest(as_bytes("one more")));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
