#include "kafka/log/producer_state.h"

#include <gtest/gtest.h>

namespace antiphon::kafka::log {
namespace {

ProducerBatch batch(std::int64_t id, std::int16_t epoch, std::int32_t first, std::int32_t count,
                    std::int64_t offset = 0) {
  ProducerBatch result;
  result.producer_id = ProducerId(id);
  result.epoch = ProducerEpoch(epoch);
  result.first_sequence = first;
  result.last_sequence = sequence_after(first, count - 1);
  result.first_offset = Offset(offset);
  result.last_offset = Offset(offset + count - 1);
  result.timestamp_ms = 1000 + offset;
  return result;
}

TEST(ProducerState, Trap23ASequenceWrapsToZeroAfterTwoToThe31Less1) {
  EXPECT_EQ(sequence_after(kSequenceMax, 1), 0);
  EXPECT_EQ(sequence_after(kSequenceMax - 1, 3), 1);
  ProducerStateTable table;
  table.update(batch(1, 0, kSequenceMax - 1, 4));  // .., max, 0, 1
  EXPECT_EQ(table.check(batch(1, 0, 2, 1)).verdict, SequenceVerdict::kNext);
  EXPECT_EQ(table.check(batch(1, 0, 3, 1)).verdict, SequenceVerdict::kOutOfOrder);
}

TEST(ProducerState, Trap22FiveBatchesAreRememberedAndADuplicateHasItsFirstOffset) {
  ProducerStateTable table;
  for (int i = 0; i < 7; ++i) table.update(batch(1, 0, i, 1, 100 + i));
  for (int i = 2; i < 7; ++i) {
    const auto check = table.check(batch(1, 0, i, 1));
    EXPECT_EQ(check.verdict, SequenceVerdict::kDuplicate) << i;
    EXPECT_EQ(check.original.first_offset, Offset(100 + i));
  }
  EXPECT_EQ(table.check(batch(1, 0, 1, 1)).verdict, SequenceVerdict::kOutOfOrder);
  EXPECT_EQ(table.check(batch(1, 0, 6, 2)).verdict, SequenceVerdict::kOutOfOrder) << "the same start, another length";
}

TEST(ProducerState, Trap24AnUnknownProducerMayBeginAnywhereAlsoAfterItExpired) {
  ProducerStateTable table;
  EXPECT_EQ(table.check(batch(1, 3, 17, 1)).verdict, SequenceVerdict::kNext);
  table.update(batch(1, 3, 17, 1));
  EXPECT_EQ(table.expire(1000), 0U);
  EXPECT_EQ(table.expire(1001, [](ProducerId id) { return id == ProducerId(1); }), 0U) << "it is kept";
  EXPECT_EQ(table.expire(1001), 1U);
  EXPECT_EQ(table.check(batch(1, 3, 99, 1)).verdict, SequenceVerdict::kNext);
}

TEST(ProducerState, Trap25AnEpochBumpPassesWithSequence0AndFencesTheOldOne) {
  ProducerStateTable table;
  table.update(batch(1, 0, 0, 5));
  EXPECT_EQ(table.check(batch(1, 1, 5, 1)).verdict, SequenceVerdict::kOutOfOrder);
  EXPECT_EQ(table.check(batch(1, 1, 0, 1)).verdict, SequenceVerdict::kNext);
  table.update(batch(1, 1, 0, 1));
  EXPECT_EQ(table.check(batch(1, 0, 5, 1)).verdict, SequenceVerdict::kStaleEpoch);
  EXPECT_EQ(table.check(batch(1, 1, 1, 1)).verdict, SequenceVerdict::kNext);
  table.update_epoch(ProducerId(1), ProducerEpoch(2), 0, 5);  // a marker: the next begins anew
  EXPECT_EQ(table.check(batch(1, 2, 0, 1)).verdict, SequenceVerdict::kNext);
  EXPECT_EQ(table.check(batch(1, 1, 1, 1)).verdict, SequenceVerdict::kStaleEpoch);
}

TEST(ProducerState, ItsDurableFormBringsTheSameStateBack) {
  ProducerStateTable table;
  for (int i = 0; i < 9; ++i) table.update(batch(i % 3, 0, i / 3, 1, i));
  table.update_epoch(ProducerId(1), ProducerEpoch(0), 7, 5);
  Bytes bytes;
  table.encode(bytes);
  const auto again = ProducerStateTable::decode(bytes);
  ASSERT_TRUE(again);
  Bytes twice;
  again->encode(twice);
  EXPECT_EQ(bytes, twice);
  EXPECT_EQ(again->check(batch(2, 0, 2, 1)).original.first_offset, Offset(8));
  EXPECT_EQ(again->find(ProducerId(1))->coordinator_epoch, 7);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ProducerStateTable::decode(ByteView(bytes).first(size)));
  }
}

TEST(ProducerState, ACutLogForgetsWhatWasCut) {
  ProducerStateTable table;
  table.update(batch(1, 0, 0, 1, 0));
  table.update(batch(1, 0, 1, 1, 1));
  table.update(batch(2, 0, 0, 1, 2));
  table.truncate_to(Offset(1));
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.check(batch(1, 0, 1, 1)).verdict, SequenceVerdict::kNext);
}

TEST(ProducerState, TheOneThatWasIdleLongestGoesWhenThereAreTooMany) {
  ProducerStateTable table;
  for (std::size_t i = 0; i < kProducersPerPartitionMax + 1; ++i) {
    table.update(batch(static_cast<std::int64_t>(i), 0, 4, 1, static_cast<std::int64_t>(i)));
  }
  EXPECT_EQ(table.size(), kProducersPerPartitionMax);
  EXPECT_EQ(table.check(batch(0, 0, 9, 1)).verdict, SequenceVerdict::kNext);
  EXPECT_EQ(table.check(batch(1, 0, 9, 1)).verdict, SequenceVerdict::kOutOfOrder);
}

}  // namespace
}  // namespace antiphon::kafka::log
