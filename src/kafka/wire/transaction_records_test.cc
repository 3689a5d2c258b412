#include "kafka/wire/transaction_records.h"

#include <gtest/gtest.h>

#include "kafka/wire/testing/golden_batches.h"

namespace antiphon::kafka::wire {
namespace {

using testing::from_hex;

// Written by the generated classes of Apache Kafka 4.1.1's transaction coordinator.
constexpr std::string_view kKey = "0000000374786e";
constexpr std::string_view kValue0 =
    "0000000000000000126700030000ea6001000000010005746f7069630000000200000000000000020000019b76daa8010000019b76daa800";
constexpr std::string_view kValue1 =
    "0001000000000000126700030000ea60010206746f706963030000000000000002000000019b76daa8010000019b76daa80004000800000000"
    "00001266010800000000000012680202000203020005";
constexpr std::string_view kEmptyValue = "0000000000000000000100000000000000ffffffff00000000000000000000000000000000";

void expect_the_golden_transaction(const TransactionLogValue& value) {
  EXPECT_EQ(value.producer_id, ProducerId(4711));
  EXPECT_EQ(value.producer_epoch, ProducerEpoch(3));
  EXPECT_EQ(value.transaction_timeout_ms, 60000);
  EXPECT_EQ(value.transaction_status, TransactionStatus::kOngoing);
  ASSERT_TRUE(value.transaction_partitions.has_value());
  ASSERT_EQ(value.transaction_partitions->size(), 1U);
  EXPECT_EQ(value.transaction_partitions->front().topic, "topic");
  EXPECT_EQ(value.transaction_partitions->front().partition_ids, (std::vector{PartitionId(0), PartitionId(2)}));
  EXPECT_EQ(value.transaction_start_timestamp_ms, testing::kGoldenTimeMs);
  EXPECT_EQ(value.transaction_last_update_timestamp_ms, testing::kGoldenTimeMs + 1);
}

TEST(TransactionRecords, KafkasAreReadAndWrittenTheSame) {
  const Bytes key_bytes = from_hex(kKey);
  const auto key = read_transaction_key(key_bytes).value();
  EXPECT_EQ(key.transactional_id, "txn");
  Buffer out;
  ASSERT_TRUE(write_key(out, key));
  EXPECT_EQ(to_hex(out.view()), kKey);
  for (const std::string_view hex : {kValue0, kEmptyValue}) {
    const Bytes bytes = from_hex(hex);
    out.clear();
    ASSERT_TRUE(write_value(out, read_transaction_value(bytes).value()));
    EXPECT_EQ(to_hex(out.view()), hex);
  }
  const Bytes value = from_hex(kValue0);
  expect_the_golden_transaction(read_transaction_value(value).value());
}

TEST(TransactionRecords, TheFlexibleVersionIsReadWithItsTags) {
  const Bytes bytes = from_hex(kValue1);
  const auto value = read_transaction_value(bytes).value();
  expect_the_golden_transaction(value);
  EXPECT_EQ(value.previous_producer_id, ProducerId(4710));
  EXPECT_EQ(value.next_producer_id, ProducerId(4712));
  EXPECT_EQ(value.client_transaction_version, 2);
  EXPECT_EQ(value.next_producer_epoch, ProducerEpoch(5));
}

TEST(TransactionRecords, LaterVersionsAndTruncatedOnesAreRefused) {
  EXPECT_FALSE(read_transaction_key(from_hex("0001000374786e")));
  EXPECT_FALSE(read_transaction_value(from_hex("0002")));
  const Bytes value = from_hex(kValue1);
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(read_transaction_value(ByteView(value).first(size))) << size;
  }
}

}  // namespace
}  // namespace antiphon::kafka::wire
