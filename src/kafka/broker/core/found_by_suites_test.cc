// What other people's test suites found in this broker, each by the name of the test that found it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/broker/group/subscription.h"
#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using E = wire::ErrorCode;

class FoundBySuites : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(d.start()); }

  void make_topic(std::string_view name) {
    wire::CreateTopicsRequest r;
    r.topics.push_back({name, 1, 1, {}, {}});
    ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, r).topics.at(0).error_code, E::kNone);
  }
  static Bytes subscription(std::string_view topic) {
    wire::Buffer buffer;
    wire::Writer out(buffer);
    out.i16(0);
    out.i32(1);
    out.bytes(wire::Reader::Prefix::kInt16, as_bytes(topic));
    out.i32(-1);
    const auto view = buffer.view();
    return {view.begin(), view.end()};
  }
  // One consumer of `topic` in the group "g", stable.
  void join(std::string_view topic) {
    const Bytes metadata = subscription(topic);
    wire::JoinGroupRequest r;
    r.group_id = "g";
    r.session_timeout_ms = 30'000;
    r.protocol_type = "consumer";
    r.protocols.push_back({"range", metadata});
    const auto joined = d.call<wire::JoinGroupResponse>(0, r);
    ASSERT_EQ(joined.error_code, E::kNone);
    wire::SyncGroupRequest sync;
    sync.group_id = "g";
    sync.generation_id = joined.generation_id;
    sync.member_id = joined.member_id;
    sync.assignments.push_back({joined.member_id, as_bytes("x")});
    ASSERT_EQ(d.call<wire::SyncGroupResponse>(0, sync).error_code, E::kNone);
    wire::OffsetCommitRequest commit;
    commit.group_id = "g";
    commit.generation_id_or_member_epoch = joined.generation_id;
    commit.member_id = joined.member_id;
    wire::OffsetCommitRequest::Partition p;
    p.committed_offset = Offset(5);
    for (const std::string_view each : {"read", "unread"}) commit.topics.push_back({each, {p}});
    ASSERT_EQ(d.call<wire::OffsetCommitResponse>(2, commit).topics.at(1).partitions.at(0).error_code, E::kNone);
  }
  std::vector<E> delete_offsets(std::vector<std::string_view> topics) {
    wire::OffsetDeleteRequest r;
    r.group_id = "g";
    for (const auto topic : topics) r.topics.push_back({topic, {{PartitionId(0)}}});
    const auto answer = d.call<wire::OffsetDeleteResponse>(0, r);
    if (answer.error_code != E::kNone) return {answer.error_code};
    std::vector<E> codes;
    for (const auto& topic : answer.topics) codes.push_back(topic.partitions.at(0).error_code);
    return codes;
  }

  testing::CoreDriver d;
};

TEST_F(FoundBySuites, Librdkafka0081OffsetsOfATopicThatIsReadAreNotDeletedThoseOfOthersAre) {
  make_topic("read");
  make_topic("unread");
  join("read");
  EXPECT_THAT(delete_offsets({"read", "unread", "gone"}),
              ::testing::ElementsAre(E::kGroupSubscribedToTopic, E::kNone, E::kUnknownTopicOrPartition));
  wire::OffsetFetchRequest r;
  r.group_id = "g";
  const auto left = d.call<wire::OffsetFetchResponse>(7, r);
  ASSERT_EQ(left.topics.size(), 1U);
  EXPECT_EQ(left.topics[0].name, "read");
}

TEST_F(FoundBySuites, KafkaConfigsOnAGroupShowsTheGroupsThatSomethingWasSetFor) {
  const auto groups = [&] {
    const wire::ListConfigResourcesRequest r{.resource_types = {kGroupResource}};
    std::vector<std::string> names;
    for (const auto& each : d.call<wire::ListConfigResourcesResponse>(1, r).config_resources)
      names.push_back(fmt::format("{} {}", each.resource_type, each.resource_name));
    return names;
  };
  const auto alter = [&](std::int8_t operation) {
    wire::IncrementalAlterConfigsRequest r;
    r.resources.push_back({kGroupResource, "g", {{"consumer.session.timeout.ms", operation, "50000"}}});
    r.resources.push_back({kBrokerResource, "1", {{"background.threads", operation, "9"}}});
    return d.call<wire::IncrementalAlterConfigsResponse>(1, r).responses.at(0).error_code;
  };
  EXPECT_THAT(groups(), ::testing::IsEmpty());
  ASSERT_EQ(alter(0), E::kNone);
  EXPECT_THAT(groups(), ::testing::ElementsAre("32 g"));
  ASSERT_EQ(alter(1), E::kNone) << "deleted";
  EXPECT_THAT(groups(), ::testing::IsEmpty());
}

TEST(Subscription, IsReadByItsFrontAndRubbishIsNothing) {
  const std::string_view good("\0\1\0\0\0\1\0\1t\xff\xff\xff\xff", 13);
  EXPECT_THAT(subscribed_topics(as_bytes(good)).value(), ::testing::ElementsAre("t"));
  for (std::size_t n = 0; n < 9; ++n) EXPECT_FALSE(subscribed_topics(as_bytes(good.substr(0, n)))) << n;
  EXPECT_FALSE(subscribed_topics(as_bytes(std::string_view("\0\1\x7f\xff\xff\xff", 6)))) << "a giant count";
}

}  // namespace
}  // namespace antiphon::kafka::broker
