#include "kafka/broker/group/records.h"

#include <gtest/gtest.h>

namespace antiphon::kafka::broker {
namespace {

TEST(GroupRecords, AnOffsetIsWrittenAsKafkaWritesIt) {
  const auto record = offset_record({"g", "topic", PartitionId(3)}, {Offset(42), LeaderEpoch(-1), "m", 1000});
  // Layout of Kafka 2.1 .. 3.9: OffsetCommitKey version 1, OffsetCommitValue version 3.
  EXPECT_EQ(to_hex(record.key),
            "0001"
            "000167"
            "0005746f706963"
            "00000003");
  EXPECT_EQ(to_hex(*record.value),
            "0003"
            "000000000000002a"
            "ffffffff"
            "00016d"
            "00000000000003e8");
}

TEST(GroupRecords, WhatIsWrittenIsRead) {
  const OffsetKey key{"g", "t", PartitionId(1)};
  const auto decoded = decode_key(offset_record(key, {}).key);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<OffsetKey>(*decoded), key);

  GroupMetadata group;
  group.protocol_type = "consumer";
  group.generation = GenerationId(7);
  group.protocol = "range";
  group.leader = "m";
  Member member;
  member.id = "m";
  member.instance_id = "i";
  member.client_id = "c";
  member.client_host = "/h";
  member.session_timeout = Milliseconds(6000);
  member.rebalance_timeout = Milliseconds(9000);
  member.protocols.push_back({"range", to_bytes("sub")});
  member.assignment = to_bytes("assigned");
  group.members.push_back(member);
  const auto record = group_record("g", group);
  const auto back = decode_group(*record.value);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->generation, GenerationId(7));
  ASSERT_EQ(back->members.size(), 1U);
  EXPECT_EQ(back->members[0].instance_id, "i");
  EXPECT_EQ(back->members[0].rebalance_timeout, Milliseconds(9000));
  EXPECT_EQ(back->members[0].protocols[0].metadata, to_bytes("sub"));
  EXPECT_EQ(back->members[0].assignment, to_bytes("assigned"));
}

TEST(GroupRecords, EveryTruncationIsAnErrorAndNeverMore) {
  GroupMetadata group;
  group.protocol_type = "consumer";
  group.members.resize(2);
  const auto value = *group_record("group", group).value;
  for (std::size_t n = 0; n < value.size(); ++n) EXPECT_FALSE(decode_group(ByteView(value).first(n))) << n;
  const auto key = offset_record({"g", "t", PartitionId(0)}, {}).key;
  for (std::size_t n = 0; n < key.size(); ++n) EXPECT_FALSE(decode_key(ByteView(key).first(n))) << n;
}

TEST(GroupRecords, KeysOfNewerKindsAreLeftAlone) {
  const Bytes key{std::byte{0}, std::byte{5}, std::byte{9}};
  const auto decoded = decode_key(key);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*decoded));
}

}  // namespace
}  // namespace antiphon::kafka::broker
