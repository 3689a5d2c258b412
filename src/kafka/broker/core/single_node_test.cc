// What only a cluster, an authorizer or quotas give a meaning: answered as a Kafka of one broker without them answers,
// never with a hang or a closed connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using E = wire::ErrorCode;

class SingleNode : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(d.start());
    make_topic("t", 3);
  }
  void TearDown() override { EXPECT_TRUE(d.closed.empty()) << "no connection was closed"; }
  void make_topic(std::string_view name, std::int32_t partitions) {
    wire::CreateTopicsRequest r;
    r.topics.push_back({name, partitions, 1, {}, {}});
    ASSERT_EQ(d.call<wire::CreateTopicsResponse>(7, r).topics.at(0).error_code, E::kNone);
  }
  testing::CoreDriver d;
};

TEST_F(SingleNode, AccessRulesAreSecurityDisabledInEveryVersion) {
  for (wire::ApiVersion version = 1; version <= 3; ++version) {
    EXPECT_EQ(d.call<wire::DescribeAclsResponse>(version, wire::DescribeAclsRequest{}).error_code,
              E::kSecurityDisabled);
    wire::CreateAclsRequest create;
    create.creations.resize(2);
    const auto created = d.call<wire::CreateAclsResponse>(version, create);
    ASSERT_EQ(created.results.size(), 2U);
    EXPECT_EQ(created.results[1].error_code, E::kSecurityDisabled);
    wire::DeleteAclsRequest erase;
    erase.filters.resize(1);
    const auto erased = d.call<wire::DeleteAclsResponse>(version, erase);
    ASSERT_EQ(erased.filter_results.size(), 1U);
    EXPECT_EQ(erased.filter_results[0].error_code, E::kSecurityDisabled);
  }
}

TEST_F(SingleNode, AnElectionIsNotNeeded) {
  wire::ElectLeadersRequest r;
  EXPECT_TRUE(d.call<wire::ElectLeadersResponse>(2, r).replica_election_results.empty()) << "all partitions";
  r.topic_partitions.emplace();
  r.topic_partitions->push_back({"t", {PartitionId(0), PartitionId(7)}});
  const auto result = d.call<wire::ElectLeadersResponse>(2, r).replica_election_results.at(0).partition_result;
  EXPECT_EQ(result.at(0).error_code, E::kElectionNotNeeded);
  EXPECT_EQ(result.at(1).error_code, E::kUnknownTopicOrPartition);
}

TEST_F(SingleNode, APartitionIsReassignedToTheOnlyBrokerAndNowhereElse) {
  wire::AlterPartitionReassignmentsRequest r;
  r.topics.push_back({"t",
                      {{PartitionId(0), std::vector<std::int32_t>{1}},
                       {PartitionId(1), std::vector<std::int32_t>{2}},
                       {PartitionId(2), std::nullopt},
                       {PartitionId(3), std::vector<std::int32_t>{1}}}});
  const auto results = d.call<wire::AlterPartitionReassignmentsResponse>(1, r).responses.at(0).partitions;
  std::vector<E> codes;
  for (const auto& each : results) codes.push_back(each.error_code);
  EXPECT_THAT(codes, ::testing::ElementsAre(E::kNone, E::kInvalidReplicaAssignment, E::kNoReassignmentInProgress,
                                            E::kUnknownTopicOrPartition));
  EXPECT_TRUE(
      d.call<wire::ListPartitionReassignmentsResponse>(0, wire::ListPartitionReassignmentsRequest{}).topics.empty());
}

TEST_F(SingleNode, ReplicasMoveToTheOneLogDirectoryOnly) {
  const auto dirs = d.call<wire::DescribeLogDirsResponse>(4, wire::DescribeLogDirsRequest{});
  wire::AlterReplicaLogDirsRequest r;
  r.dirs.push_back({dirs.results.at(0).log_dir, {{"t", {PartitionId(0), PartitionId(9)}}}});
  r.dirs.push_back({"/elsewhere", {{"t", {PartitionId(1)}}}});
  const auto answer = d.call<wire::AlterReplicaLogDirsResponse>(2, r);
  ASSERT_EQ(answer.results.size(), 1U);
  std::vector<E> codes;
  for (const auto& each : answer.results[0].partitions) codes.push_back(each.error_code);
  EXPECT_THAT(codes, ::testing::ElementsAre(E::kNone, E::kUnknownTopicOrPartition, E::kLogDirNotFound));
}

TEST_F(SingleNode, ThereAreNoQuotas) {
  wire::DescribeClientQuotasRequest r;
  r.components.push_back({"user", 2, std::nullopt});
  const auto none = d.call<wire::DescribeClientQuotasResponse>(1, r);
  EXPECT_EQ(none.error_code, E::kNone);
  ASSERT_TRUE(none.entries.has_value()) << "null would be an error to the Java tool";
  EXPECT_TRUE(none.entries->empty());
  r.components.push_back({"planet", 2, std::nullopt});
  EXPECT_EQ(d.call<wire::DescribeClientQuotasResponse>(1, r).error_code, E::kUnsupportedVersion);
}

TEST_F(SingleNode, TheBrokerIsAQuorumOfOne) {
  wire::DescribeQuorumRequest r;
  r.topics.push_back({"__cluster_metadata", {{PartitionId(0)}}});
  r.topics.push_back({"t", {{PartitionId(0)}}});
  for (wire::ApiVersion version = 0; version <= 2; ++version) {
    const auto answer = d.call<wire::DescribeQuorumResponse>(version, r);
    const auto& own = answer.topics.at(0).partitions.at(0);
    EXPECT_EQ(own.error_code, E::kNone);
    EXPECT_EQ(own.leader_id, 1);
    ASSERT_EQ(own.current_voters.size(), 1U);
    EXPECT_EQ(own.current_voters[0].replica_id, 1);
    EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, E::kUnknownTopicOrPartition);
  }
}

TEST_F(SingleNode, ResourcesWithSettingsAreListedByType) {
  const auto all = d.call<wire::ListConfigResourcesResponse>(1, wire::ListConfigResourcesRequest{});
  EXPECT_EQ(all.config_resources.size(), 3U) << "the topic, the broker, its loggers";
  EXPECT_TRUE(
      d.call<wire::ListConfigResourcesResponse>(0, wire::ListConfigResourcesRequest{}).config_resources.empty());
  EXPECT_EQ(
      d.call<wire::ListConfigResourcesResponse>(1, wire::ListConfigResourcesRequest{.resource_types = {99}}).error_code,
      E::kUnsupportedVersion);
}

TEST_F(SingleNode, TopicsAreDescribedPageByPage) {
  make_topic("u", 2);
  wire::DescribeTopicPartitionsRequest r;
  r.topics = {{"u"}, {"gone"}, {"t"}};
  r.response_partition_limit = 4;
  std::vector<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const auto answer = d.call<wire::DescribeTopicPartitionsResponse>(0, r);
    for (const auto& topic : answer.topics) {
      if (topic.error_code != E::kNone)
        seen.push_back(std::string(*topic.name) + " " + std::string(to_string(topic.error_code)));
      for (const auto& p : topic.partitions) {
        seen.push_back(fmt::format("{}-{}", *topic.name, p.partition_index.value()));
        EXPECT_EQ(p.leader_id, 1);
        EXPECT_EQ(p.isr_nodes, std::vector<std::int32_t>{1});
      }
    }
    if (!answer.next_cursor) break;
    r.cursor.emplace();
    r.cursor->topic_name = answer.next_cursor->topic_name;
    r.cursor->partition_index = answer.next_cursor->partition_index;
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("gone UNKNOWN_TOPIC_OR_PARTITION", "t-0", "t-1", "t-2", "u-0", "u-1"));
}

}  // namespace
}  // namespace antiphon::kafka::broker
