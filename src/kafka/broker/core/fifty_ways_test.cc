// Ways in which brokers of this kind failed real clients, by their numbers. The others stand beside what they concern,
// with "[n]" or "Trapn" in the test's line; tests/docs/fifty_ways.py sees to it that none is missing.
#include <gtest/gtest.h>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using E = wire::ErrorCode;

class FiftyWays : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(d.start());
    wire::CreateTopicsRequest r;
    r.topics.push_back({"t", 1, 1, {}, {}});
    ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, r).topics.at(0).error_code, E::kNone);
  }
  static Bytes batch(int records, std::int64_t time = 1000) {
    wire::BatchBuilder builder;
    for (int i = 0; i < records; ++i) builder.add(time + i, as_bytes("k"), as_bytes("value"));
    return *builder.finish();
  }
  std::uint64_t send_produce(const Bytes& records, std::string_view topic = "t", wire::ApiVersion version = 9) {
    wire::ProduceRequest r;
    r.acks = -1;
    r.timeout_ms = 30'000;
    r.topic_data.push_back({topic, {{PartitionId(0), wire::Records::in_memory(records)}}});
    return d.send(version, r);
  }
  static wire::FetchRequest fetch_request(std::int64_t offset, std::string_view topic = "t") {
    wire::FetchRequest r;
    r.max_bytes = 1 << 20;
    wire::FetchRequest::Partition p;
    p.partition = PartitionId(0);
    p.fetch_offset = Offset(offset);
    p.partition_max_bytes = 1 << 20;
    r.topics.emplace_back();
    r.topics[0].topic = topic;
    r.topics[0].partitions.push_back(p);
    return r;
  }
  static wire::ListOffsetsRequest list_request(std::int64_t timestamp, std::string_view topic = "t") {
    wire::ListOffsetsRequest r;
    wire::ListOffsetsRequest::Partition p;
    p.timestamp = timestamp;
    p.max_num_offsets = 1;
    r.topics.push_back({topic, {p}});
    return r;
  }
  wire::ListOffsetsResponse::Partition list_offsets(std::int64_t timestamp) {
    return d.call<wire::ListOffsetsResponse>(7, list_request(timestamp)).topics.at(0).partitions.at(0);
  }

  testing::CoreDriver d;
};

TEST_F(FiftyWays, AnErrorIsAnsweredInTheRequestsVersion) {  // [7]
  const auto last = [](wire::ApiKey key) { return find_handled(static_cast<std::int16_t>(key))->versions.max; };
  for (wire::ApiVersion v = 0; v <= last(wire::ApiKey::kListOffsets); ++v) {
    const auto got = d.call<wire::ListOffsetsResponse>(v, list_request(-1, "gone"));  // take() wants every byte read
    EXPECT_EQ(got.topics.at(0).partitions.at(0).error_code, E::kUnknownTopicOrPartition) << v;
  }
  for (wire::ApiVersion v = 0; v <= last(wire::ApiKey::kFetch); ++v) {
    const auto got = d.call<wire::FetchResponse>(v, fetch_request(0, "gone")).responses.at(0).partitions.at(0);
    EXPECT_EQ(got.error_code, v < 13 ? E::kUnknownTopicOrPartition : E::kUnknownTopicId) << v;
  }
  const Bytes records = batch(1);
  for (wire::ApiVersion v = 3; v <= last(wire::ApiKey::kProduce); ++v) {
    const auto sequence = send_produce(records, "gone", v);
    d.pump();
    const auto got = d.take<wire::ProduceResponse>(sequence, v).responses.at(0).partition_responses.at(0);
    EXPECT_EQ(got.error_code, E::kUnknownTopicOrPartition) << v;
  }
  for (wire::ApiVersion v = 0; v <= last(wire::ApiKey::kHeartbeat); ++v) {
    wire::HeartbeatRequest r;
    r.group_id = "g";
    r.member_id = "nobody";
    EXPECT_EQ(d.call<wire::HeartbeatResponse>(v, r).error_code, E::kUnknownMemberId) << v;
  }
}

TEST(FiftyWaysAddress, AnAddressIsToldThatNoResolverTurnsIntoAnother) {  // [14]
  EXPECT_EQ(BrokerSettings{}.listen_host, "127.0.0.1") << "not localhost, which may be ::1 first";
}

TEST_F(FiftyWays, AMaximumTimeThatAProducerLeftUnsetIsThatOfItsRecords) {  // [19]
  Bytes unset = batch(3, 5'000);
  wire::patch_max_timestamp(unset, -1);
  const auto sequence = send_produce(unset);
  d.pump();
  EXPECT_EQ(d.take<wire::ProduceResponse>(sequence, 9).responses.at(0).partition_responses.at(0).error_code, E::kNone);
  const auto got = d.call<wire::FetchResponse>(11, fetch_request(0)).responses.at(0).partitions.at(0);
  const auto stored = wire::BatchView::at(got.records.bytes());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->max_timestamp(), 5'002);
  EXPECT_TRUE(stored->crc_matches());
  EXPECT_EQ(list_offsets(5'001).offset, Offset(1));
}

TEST_F(FiftyWays, ABatchIsSeenWhenItsLastRecordIsDurableNotItsFirst) {  // [31]
  const auto first = send_produce(batch(1));
  d.pump();
  d.take<wire::ProduceResponse>(first, 9);
  const auto second = send_produce(batch(3));  // offsets 1 to 3
  d.core->advance();                           // no sync
  const auto fetched = d.send(11, fetch_request(1));
  ASSERT_TRUE(d.answered(fetched));
  const auto got = d.take<wire::FetchResponse>(fetched, 11).responses.at(0).partitions.at(0);
  EXPECT_EQ(got.error_code, E::kNone);
  EXPECT_EQ(got.high_watermark, Offset(1));
  EXPECT_EQ(got.records.size(), 0U);
  const auto inside = d.send(11, fetch_request(2));
  ASSERT_TRUE(d.answered(inside));
  EXPECT_EQ(d.take<wire::FetchResponse>(inside, 11).responses.at(0).partitions.at(0).error_code, E::kNone)
      << "written, though not yet seen";
  EXPECT_FALSE(d.answered(second));
}

TEST_F(FiftyWays, ALeaderEpochIsToldOnlyWithAnOffset) {  // [35]
  const auto none = list_offsets(1LL << 60);
  EXPECT_EQ(none.offset, Offset(-1));
  EXPECT_EQ(none.leader_epoch, LeaderEpoch(-1));
  wire::OffsetFetchRequest r;
  r.group_id = "g";
  r.topics.emplace();
  r.topics->push_back({"t", {PartitionId(0)}});
  const auto committed = d.call<wire::OffsetFetchResponse>(7, r).topics.at(0).partitions.at(0);
  EXPECT_EQ(committed.committed_offset, Offset(-1));
  EXPECT_EQ(committed.committed_leader_epoch, LeaderEpoch(-1));
}

TEST_F(FiftyWays, SpecialTimesAreAnsweredFromTheVersionThatHasThem) {  // [34] [13]
  const auto produced = send_produce(batch(3));
  d.pump();
  d.take<wire::ProduceResponse>(produced, 9);
  struct Case {
    std::int64_t timestamp;
    wire::ApiVersion since;
    std::int64_t offset;
  };
  for (const Case& c : {Case{-1, 1, 3}, Case{-2, 1, 0}, Case{-3, 7, 2}, Case{-4, 8, 0}, Case{-5, 9, -1}}) {
    for (wire::ApiVersion v = 1; v <= 9; ++v) {
      const auto got = d.call<wire::ListOffsetsResponse>(v, list_request(c.timestamp)).topics.at(0).partitions.at(0);
      EXPECT_EQ(got.error_code, v < c.since ? E::kUnsupportedVersion : E::kNone) << c.timestamp << " in version " << v;
      EXPECT_EQ(got.offset, Offset(v < c.since ? -1 : c.offset)) << c.timestamp << " in version " << v;
    }
  }
}

TEST_F(FiftyWays, AJoinWithoutARebalanceTimeTakesTheSessions) {  // [38]
  const auto join = [&](std::string_view member) {
    wire::JoinGroupRequest r;
    r.group_id = "g";
    r.session_timeout_ms = 10'000;
    r.member_id = member;
    r.protocol_type = "consumer";
    r.protocols.push_back({"range", as_bytes("x")});
    return d.send(0, r);
  };
  const auto a = join("");
  d.pump();
  const auto member = d.take<wire::JoinGroupResponse>(a, 0);
  ASSERT_EQ(member.error_code, E::kNone);
  wire::SyncGroupRequest sync;
  sync.group_id = "g";
  sync.generation_id = member.generation_id;
  sync.member_id = member.member_id;
  EXPECT_EQ(d.call<wire::SyncGroupResponse>(0, sync).error_code, E::kNone);
  const auto b = join("");
  d.advance(9'000ms);
  wire::HeartbeatRequest beat;
  beat.group_id = "g";
  beat.generation_id = member.generation_id;
  beat.member_id = member.member_id;
  EXPECT_EQ(d.call<wire::HeartbeatResponse>(0, beat).error_code, E::kRebalanceInProgress);
  EXPECT_FALSE(d.answered(b)) << "the first member has ten seconds to come back";
  d.advance(1'001ms);
  ASSERT_TRUE(d.answered(b));
  EXPECT_EQ(d.take<wire::JoinGroupResponse>(b, 0).members.size(), 1U);
}

}  // namespace
}  // namespace antiphon::kafka::broker
