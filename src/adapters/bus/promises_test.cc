// The judgement of clusters, row by row: what a cluster has, and what must be said of it.
#include "adapters/bus/promises.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace antiphon::bus {
namespace {

using ::testing::HasSubstr;

const TopicSpec kSpec{"voices.recordings",
                      2,
                      {{"cleanup.policy", "compact"},
                       {"retention.ms", "-1"},
                       {"max.message.bytes", "5242880"},
                       {"max.compaction.lag.ms", "2592000000"},
                       {"delete.retention.ms", "315360000000"}}};

Settings good_broker(std::int32_t id) {
  return {{"process.roles", "broker,controller"},
          {"controller.quorum.voters", "1@a:1,2@b:1,3@c:1"},
          {"broker.rack", std::string("rack-") + std::to_string(id)},
          {"unclean.leader.election.enable", "false"},
          {"auto.create.topics.enable", "false"},
          {"offsets.retention.minutes", "525600"},
          {"offsets.topic.replication.factor", "3"},
          {"transaction.state.log.replication.factor", "3"},
          {"socket.request.max.bytes", "104857600"},
          {"group.min.session.timeout.ms", "6000"},
          {"group.max.session.timeout.ms", "1800000"}};
}

// Three brokers with all that is asked for, and the topic as the stages make it.
ClusterFacts good_cluster() {
  ClusterFacts facts{"kafka:9092", "cluster", 1, {}, {}};
  for (std::int32_t id = 1; id <= 3; ++id) facts.brokers.push_back({id, "host:1", good_broker(id)});
  Settings settings = kSpec.config;
  settings["min.insync.replicas"] = "2";
  settings["unclean.leader.election.enable"] = "false";
  facts.topics[kSpec.name] = {kSpec.name, {{1, {1, 2, 3}, {1, 2, 3}}, {2, {2, 3, 1}, {1, 2, 3}}}, settings};
  return facts;
}

void keep_brokers(ClusterFacts& facts, std::size_t count) {
  facts.brokers.resize(count);
  for (auto& broker : facts.brokers)
    (*broker.settings)["transaction.state.log.replication.factor"] = std::to_string(count);
  for (auto& partition : facts.topics[kSpec.name].partitions) {
    partition.replicas.resize(count);
    partition.in_sync.resize(count);
    partition.leader = 1;
  }
}

Findings judge(const ClusterFacts& facts) {
  Findings findings = judge_topic(kSpec, facts.topics.at(kSpec.name), facts);
  for (auto& finding : judge_cluster(facts)) findings.push_back(std::move(finding));
  return findings;
}

TEST(Promises, ACloserLookFindsNothingOnAClusterAsItShouldBe) {
  for (const auto& finding : judge(good_cluster())) ADD_FAILURE() << finding.what;
}

TEST(Promises, EachSettingThatWouldBreakOneIsFoundWithTheCommandThatMendsIt) {
  struct Row {
    const char* name;
    std::function<void(ClusterFacts&)> change;
    Weight weight;
    const char* what;
    const char* mend;
  };
  const auto topic = [](const char* name, const char* value) {
    return [=](ClusterFacts& facts) { (*facts.topics[kSpec.name].settings)[name] = value; };
  };
  const auto broker = [](const char* name, const char* value) {
    return [=](ClusterFacts& facts) { (*facts.brokers[1].settings)[name] = value; };
  };
  const Row rows[] = {
      {"one copy is enough for an ack", topic("min.insync.replicas", "1"), Weight::kBroken, "min.insync.replicas=1",
       "--entity-name voices.recordings --add-config min.insync.replicas=2"},
      {"no write can pass", topic("min.insync.replicas", "4"), Weight::kBroken, "no write ever passes",
       "min.insync.replicas=2"},
      {"one broker down stops writes", topic("min.insync.replicas", "3"), Weight::kAdvice, "one broker down",
       "min.insync.replicas=2"},
      {"a topic's leader may lack events", topic("unclean.leader.election.enable", "true"), Weight::kBroken, "may lead",
       "unclean.leader.election.enable=false"},
      {"retention passes a target", topic("retention.ms", "604800000"), Weight::kRefused, "retention.ms=604800000",
       "--add-config retention.ms=-1"},
      {"a table is a stream", topic("cleanup.policy", "delete"), Weight::kRefused, "cleanup.policy=delete",
       "cleanup.policy=compact"},
      {"recordings do not fit", topic("max.message.bytes", "1048588"), Weight::kRefused, "max.message.bytes=1048588",
       "max.message.bytes=5242880"},
      {"an erased voice stays", topic("max.compaction.lag.ms", "9223372036854775807"), Weight::kRefused,
       "max.compaction.lag.ms", "max.compaction.lag.ms=2592000000"},
      {"a tombstone goes too soon", topic("delete.retention.ms", "86400000"), Weight::kRefused, "delete.retention.ms",
       "delete.retention.ms=315360000000"},
      {"partitions differ", [](ClusterFacts& f) { f.topics[kSpec.name].partitions.resize(1); }, Weight::kRefused,
       "has 1 partitions where 2", "--partitions 1"},
      {"one replica on three brokers",
       [](ClusterFacts& f) {
         f.topics[kSpec.name].partitions[1] = {3, {3}, {3}};
       },
       Weight::kBroken, "one replica on a cluster of 3",
       R"({"topic":"voices.recordings","partition":1,"replicas":[2,3,1]})"},
      {"two replicas on three brokers",
       [](ClusterFacts& f) {
         f.topics[kSpec.name].partitions[1] = {3, {3, 1}, {1, 3}};
       },
       Weight::kAdvice, "2 replicas where 3", "kafka-reassign-partitions.sh"},
      {"two brokers, and a write passes with one",
       [](ClusterFacts& f) {
         keep_brokers(f, 2);
         (*f.topics[kSpec.name].settings)["min.insync.replicas"] = "1";
       },
       Weight::kBroken, "only three brokers give both", "min.insync.replicas=2"},
      {"one broker of Apache Kafka", [](ClusterFacts& f) { keep_brokers(f, 1); }, Weight::kBroken,
       "acknowledges before it syncs", "flush.messages=1"},
      {"nobody leads",
       [](ClusterFacts& f) {
         f.topics[kSpec.name].partitions[0] = {-1, {1, 2, 3}, {1}};
       },
       Weight::kNow, "without a leader", "start the brokers"},
      {"too few in sync",
       [](ClusterFacts& f) {
         f.topics[kSpec.name].partitions[0] = {1, {1, 2, 3}, {1}};
       },
       Weight::kNow, "503 now", "start the brokers"},
      {"a replica lags",
       [](ClusterFacts& f) {
         f.topics[kSpec.name].partitions[0] = {1, {1, 2, 3}, {1, 2}};
       },
       Weight::kAdvice, "not in sync", "start the brokers"},
      {"any leader may lack events", broker("unclean.leader.election.enable", "true"), Weight::kBroken, "may lead",
       "--entity-type brokers --entity-default --add-config unclean.leader.election.enable=false"},
      {"offsets expire in an hour", broker("offsets.retention.minutes", "60"), Weight::kBroken, "down for 60 minutes",
       "offsets.retention.minutes=525600"},
      {"offsets expire in a week", broker("offsets.retention.minutes", "10080"), Weight::kAdvice, "down for 7 days",
       "offsets.retention.minutes=525600"},
      {"long recordings are refused", broker("socket.request.max.bytes", "1000000"), Weight::kBroken,
       "socket.request.max.bytes=1000000", "socket.request.max.bytes=104857600"},
      {"our members cannot join", broker("group.min.session.timeout.ms", "30000"), Weight::kBroken, "cannot join",
       "group.min.session.timeout.ms=6000"},
      {"nothing is compacted", broker("log.cleaner.enable", "false"), Weight::kBroken, "ever compacted",
       "log.cleaner.enable=true"},
      {"strangers make topics", broker("auto.create.topics.enable", "true"), Weight::kAdvice, "stranger",
       "auto.create.topics.enable=false"},
      {"a broker does not tell", [](ClusterFacts& f) { f.brokers[0].settings.reset(); }, Weight::kAdvice,
       "cannot be known", "allow DescribeConfigs"},
      {"offsets will have one copy",
       [](ClusterFacts& f) { (*f.brokers[0].settings)["offsets.topic.replication.factor"] = "1"; }, Weight::kBroken,
       "have 1 replica on 3", "offsets.topic.replication.factor=3"},
      {"no transaction can begin",
       [](ClusterFacts& f) {
         (*f.brokers[0].settings)["transaction.state.log.replication.factor"] = "4";
         f.topics["__consumer_offsets"] = {"__consumer_offsets", {{1, {1, 2, 3}, {1, 2, 3}}}, {}};
       },
       Weight::kBroken, "no transaction can begin", "transaction.state.log.replication.factor=3"},
      {"offsets have one copy",
       [](ClusterFacts& f) {
         f.topics["__consumer_offsets"] = {"__consumer_offsets", {{1, {1}, {1}}}, {}};
       },
       Weight::kBroken, "have 1 replica on 3", "kafka-reassign-partitions.sh"},
      {"one fate for all",
       [](ClusterFacts& f) {
         for (auto& b : f.brokers) b.settings->erase("broker.rack");
       },
       Weight::kAdvice, "no different racks", "broker.rack"},
      {"one controller",
       [](ClusterFacts& f) {
         for (auto& b : f.brokers) (*b.settings)["controller.quorum.voters"] = "1@a:1";
       },
       Weight::kAdvice, "1 controller:", "three controllers"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    ClusterFacts facts = good_cluster();
    row.change(facts);
    const Findings findings = judge(facts);
    ASSERT_EQ(findings.size(), 1U) << (findings.empty() ? "nothing found" : findings.back().what);
    EXPECT_EQ(findings[0].weight, row.weight);
    EXPECT_THAT(findings[0].what, HasSubstr(row.what));
    EXPECT_THAT(findings[0].mend, HasSubstr(row.mend));
    EXPECT_FALSE(findings[0].promise.empty());
    EXPECT_FALSE(findings[0].subject.empty());
  }
}

TEST(Promises, WhatIsBetterThanAskedForIsNoFinding) {
  ClusterFacts facts = good_cluster();
  Settings& settings = *facts.topics[kSpec.name].settings;
  settings["max.message.bytes"] = "10485760";
  settings["max.compaction.lag.ms"] = "86400000";
  settings["delete.retention.ms"] = "999999999999";
  EXPECT_TRUE(judge(facts).empty());
}

TEST(Promises, OneNodeThatSyncsBeforeItAcknowledgesKeepsThem) {
  ClusterFacts facts = good_cluster();
  keep_brokers(facts, 1);
  facts.brokers[0].settings->erase("process.roles");  // as the embedded broker tells
  facts.brokers[0].settings->erase("controller.quorum.voters");
  (*facts.brokers[0].settings)["auto.create.topics.enable"] = "true";  // a laptop's convenience
  (*facts.topics[kSpec.name].settings)["min.insync.replicas"] = "1";
  EXPECT_EQ(keeper_of(facts), Keeper::kNobody);
  for (const auto& finding : judge(facts)) ADD_FAILURE() << finding.what;
}

TEST(Promises, TheKeeperOfTheMetadataIsReadFromTheBrokersSettings) {
  ClusterFacts facts = good_cluster();
  EXPECT_EQ(keeper_of(facts), Keeper::kKraft);
  for (auto& broker : facts.brokers) broker.settings = Settings{{"zookeeper.connect", "z1:2181/kafka"}};
  EXPECT_EQ(keeper_of(facts), Keeper::kZooKeeper);
  for (auto& broker : facts.brokers) broker.settings.reset();
  EXPECT_EQ(keeper_of(facts), Keeper::kUnknown);
}

}  // namespace
}  // namespace antiphon::bus
