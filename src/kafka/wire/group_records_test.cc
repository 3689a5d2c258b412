#include "kafka/wire/group_records.h"

#include <gtest/gtest.h>

#include "kafka/wire/testing/golden_batches.h"

namespace antiphon::kafka::wire {
namespace {

using testing::golden_batch;
using testing::kGoldenTimeMs;

TEST(GroupRecords, KafkasCommittedOffsetIsReadAndWrittenTheSame) {
  const Bytes key_bytes = golden_batch("offset-key");
  const auto key = std::get<OffsetCommitKey>(read_group_record_key(key_bytes).value());
  EXPECT_EQ(key.group, "group");
  EXPECT_EQ(key.topic, "topic");
  EXPECT_EQ(key.partition, PartitionId(7));
  Buffer out;
  ASSERT_TRUE(write_key(out, key));
  EXPECT_EQ(to_hex(out.view()), to_hex(key_bytes));

  const Bytes value_bytes = golden_batch("offset-value");
  const OffsetCommitValue value = read_offset_commit_value(value_bytes).value();
  EXPECT_EQ(value.offset, Offset(42));
  EXPECT_EQ(value.leader_epoch, LeaderEpoch(2));
  EXPECT_EQ(value.metadata, "meta");
  EXPECT_EQ(value.commit_timestamp, kGoldenTimeMs);
  out.clear();
  ASSERT_TRUE(write_value(out, value));
  EXPECT_EQ(to_hex(out.view()), to_hex(value_bytes));
}

TEST(GroupRecords, KafkasGroupMetadataIsReadAndWrittenTheSame) {
  const Bytes key_bytes = golden_batch("group-key");
  const auto key = std::get<GroupMetadataKey>(read_group_record_key(key_bytes).value());
  EXPECT_EQ(key.group, "group");
  Buffer out;
  ASSERT_TRUE(write_key(out, key));
  EXPECT_EQ(to_hex(out.view()), to_hex(key_bytes));

  const Bytes value_bytes = golden_batch("group-value");
  const GroupMetadataValue value = read_group_metadata_value(value_bytes).value();
  EXPECT_EQ(value.protocol_type, "consumer");
  EXPECT_EQ(value.generation, GenerationId(5));
  EXPECT_EQ(value.protocol, "range");
  EXPECT_EQ(value.leader, "m-1");
  EXPECT_EQ(value.current_state_timestamp, kGoldenTimeMs);
  ASSERT_EQ(value.members.size(), 1U);
  EXPECT_EQ(value.members[0].group_instance_id, "static");
  EXPECT_EQ(value.members[0].rebalance_timeout_ms, 300000);
  EXPECT_EQ(value.members[0].session_timeout_ms, 45000);
  EXPECT_EQ(value.members[0].subscription.size(), 3U);
  EXPECT_EQ(value.members[0].assignment.size(), 2U);
  out.clear();
  ASSERT_TRUE(write_value(out, value));
  EXPECT_EQ(to_hex(out.view()), to_hex(value_bytes));
}

TEST(GroupRecords, LaterKeysAreToldApartAndLaterValuesRefused) {
  const Bytes later = testing::from_hex("0003000567726f7570");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(read_group_record_key(later).value()));
  EXPECT_FALSE(read_offset_commit_value(testing::from_hex("0005")));
  EXPECT_FALSE(read_group_record_key(testing::from_hex("00")));
  EXPECT_FALSE(read_group_record_key({}));
}

TEST(GroupRecords, TruncatedIsRefused) {
  const Bytes value = golden_batch("group-value");
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(read_group_metadata_value(ByteView(value).first(size))) << size;
  }
}

TEST(GroupRecords, AGroupNameThatDoesNotFitIsAnErrorAndWritesNothing) {
  const std::string group(40'000, 'g');
  Buffer out;
  const auto result = write_key(out, GroupMetadataKey{group});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace antiphon::kafka::wire
