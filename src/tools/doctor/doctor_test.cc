#include "tools/doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace antiphon::tools {
namespace {

using ::testing::HasSubstr;
using Text = std::map<std::string, std::string>;

// A cluster that answers from memory.
class FakeAdmin final : public bus::Admin {
 public:
  bus::ClusterDescription description{"kafka:9092", "cluster-1", 2, {{1, "a:9092"}, {2, "b:9092"}, {3, "c:9092"}}};
  std::vector<bus::TopicDescription> all;
  Text broker{{"zookeeper.connect", "z:2181"}, {"offsets.retention.minutes", "525600"}};
  std::map<std::string, Text> configs;
  Result<std::optional<std::vector<bus::AccessRule>>> rules = std::optional<std::vector<bus::AccessRule>>{};
  bool away = false;

  Result<bus::ClusterDescription> cluster(std::chrono::milliseconds /*timeout*/) override { return description; }
  Result<std::vector<bus::TopicDescription>> topics(std::chrono::milliseconds /*timeout*/) override {
    if (away) return make_error(ErrorKind::kUnavailable, "nobody answers");
    return all;
  }
  Result<Text> topic_config(const std::string& topic, std::chrono::milliseconds /*timeout*/) override {
    const auto it = configs.find(topic);
    if (it == configs.end()) return make_error(ErrorKind::kPermission, "not for you");
    return it->second;
  }
  Result<Text> broker_config(std::int32_t id, std::chrono::milliseconds /*timeout*/) override {
    Text out = broker;
    out["broker.rack"] = "r" + std::to_string(id);
    return out;
  }
  Result<> create_topic(const TopicSpec& spec, int /*replication*/, std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "the doctor made topic " << spec.name;
    return {};
  }
  Result<std::optional<std::vector<bus::AccessRule>>> access_rules(std::chrono::milliseconds /*timeout*/) override {
    return rules;
  }
  Result<std::vector<bus::GroupDescription>> groups(std::chrono::milliseconds /*timeout*/) override {
    return std::vector<bus::GroupDescription>{};
  }
  Result<std::map<bus::TopicPartition, bus::CommittedOffset>> committed(
      const std::string& /*group*/, const std::vector<bus::TopicPartition>& /*partitions*/,
      std::chrono::milliseconds /*timeout*/) override {
    return std::map<bus::TopicPartition, bus::CommittedOffset>{};
  }

  void make(const TopicSpec& spec) {
    const auto count = static_cast<std::size_t>(spec.partitions);
    all.push_back(
        {spec.name, spec.partitions, std::vector<bus::PartitionDescription>(count, {1, {1, 2, 3}, {1, 2, 3}})});
    configs[spec.name] = spec.config;
    configs[spec.name]["min.insync.replicas"] = "2";
  }
};

FakeAdmin cluster_of_the_stages() {
  FakeAdmin admin;
  for (const auto& spec : events::Topics().specs(2)) admin.make(spec);
  return admin;
}

Result<DoctorReport> examined(FakeAdmin& admin) { return examine(admin, DoctorQuestion{}); }

TEST(Doctor, SaysThatAClusterIsWell) {
  FakeAdmin admin = cluster_of_the_stages();
  const auto report = examined(admin);
  ASSERT_TRUE(report);
  for (const auto& finding : report->findings) ADD_FAILURE() << finding.what;
  EXPECT_EQ(report->exit_code(), 0);
  const std::string text = render_text(*report);
  EXPECT_THAT(text, HasSubstr("Apache Kafka with ZooKeeper, 3 brokers, cluster cluster-1 at kafka:9092"));
  EXPECT_THAT(text, HasSubstr("b:9092                       rack r2   controller"));
  EXPECT_THAT(text, HasSubstr("well: every promise is kept"));
  EXPECT_THAT(text, HasSubstr("everybody may do everything"));
}

TEST(Doctor, DrawsLeadersReplicasAndThoseInSyncAndKnowsWhoIsDown) {
  bus::ClusterFacts facts;
  facts.brokers = {{1, "a:1", {}}, {2, "b:1", {}}};
  const bus::TopicFacts topic{"t", {{1, {1, 2}, {1, 2}}, {2, {2, 9}, {2}}, {-1, {9, 1}, {9}}}, {}};
  EXPECT_EQ(picture_of(topic, facts),
            "    partition          0 1 2\n"
            "    broker 1           ★ · ○\n"
            "    broker 2           ● ★ ·\n"
            "    broker 9    down   · ○ ●\n");
}

TEST(Doctor, DrawsManyPartitionsInSeveralBlocks) {
  bus::ClusterFacts facts;
  facts.brokers = {{1, "a:1", {}}};
  const bus::TopicFacts topic{"t", std::vector<bus::PartitionDescription>(33, {1, {1}, {1}}), {}};
  const std::string picture = picture_of(topic, facts);
  EXPECT_EQ(std::count(picture.begin(), picture.end(), '\n'), 4);
  EXPECT_THAT(picture, HasSubstr("      32\n"));
}

TEST(Doctor, NamesWhatWouldBreakTheHeaviestFirstAndEndsWithItsCode) {
  FakeAdmin admin = cluster_of_the_stages();
  admin.broker["auto.create.topics.enable"] = "true";
  admin.configs["voices.recordings"]["min.insync.replicas"] = "1";
  admin.configs["voices.prompts"]["retention.ms"] = "1000";
  auto report = examined(admin);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 3U);
  EXPECT_EQ(report->findings[0].subject, "voices.prompts");
  EXPECT_EQ(report->findings[1].subject, "voices.recordings");
  EXPECT_EQ(report->findings[2].weight, bus::Weight::kAdvice);
  EXPECT_EQ(report->exit_code(), 78);
  EXPECT_THAT(render_text(*report), HasSubstr("2 findings would break a promise"));
  report->findings.erase(report->findings.begin(), report->findings.begin() + 2);
  EXPECT_EQ(report->exit_code(), 0);
  report->findings.push_back({bus::Weight::kNow, "t", "w", "p", "m"});
  EXPECT_EQ(report->exit_code(), 69);
}

TEST(Doctor, JudgesDeadLetterTopicsAndWaitsForTopicsThatAreNotThereYet) {
  FakeAdmin admin;
  TopicSpec letters = events::Topics::dlq_spec("voices.recordings", "archive.main", 6);
  letters.config["retention.ms"] = "1000";
  admin.make(letters);
  admin.make({"dlq.other.recordings.archive.main", 1, {}});
  const auto report = examined(admin);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings[0].subject, "dlq.voices.recordings.archive.main");
  EXPECT_EQ(report->missing.size(), 4U);
}

TEST(Doctor, SaysWhatItIsNotTold) {
  FakeAdmin admin = cluster_of_the_stages();
  admin.configs.erase("voices.prompts");
  admin.rules = make_error(ErrorKind::kPermission, "not for you");
  auto report = examined(admin);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->exit_code(), 0);
  EXPECT_THAT(report->findings[0].what, HasSubstr("not told"));
  EXPECT_THAT(report->access, HasSubstr("not known: not for you"));
  admin.rules = std::optional(std::vector<bus::AccessRule>{});
  EXPECT_THAT(examined(admin)->access, HasSubstr("everybody may do everything")) << "no authorizer, no rule";
  admin.broker["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
  EXPECT_THAT(examined(admin)->access, HasSubstr("sasl.username=NAME"));
}

TEST(Doctor, JudgesPermissionsOfTheUserThatAsks) {
  FakeAdmin admin = cluster_of_the_stages();
  admin.rules = std::optional(std::vector<bus::AccessRule>{});
  admin.broker["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
  DoctorQuestion question;
  question.kafka.properties["sasl.username"] = "antiphon";
  auto report = examine(admin, question);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->exit_code(), 78);
  admin.broker["super.users"] = "User:root;User:antiphon";
  report = examine(admin, question);
  EXPECT_EQ(report->exit_code(), 0);
}

TEST(Doctor, TellsProgramsTheSame) {
  FakeAdmin admin = cluster_of_the_stages();
  admin.all[1].holders[0].leader = -1;
  const auto report = examined(admin);
  ASSERT_TRUE(report);
  const auto json = nlohmann::json::parse(render_json(*report));
  EXPECT_EQ(json["metadata"], "zookeeper");
  EXPECT_EQ(json["controller"], 2);
  EXPECT_EQ(json["brokers"][1]["rack"], "r2");
  EXPECT_EQ(json["exit_code"], 69);
  EXPECT_EQ(json["findings"][0]["weight"], "now");
  EXPECT_EQ(json["topics"].size(), 4U);
  for (const auto& topic : json["topics"]) {
    const bool leaderless = topic["topic"] == "voices.recordings";
    EXPECT_EQ(topic["partitions"][0]["leader"].is_null(), leaderless) << topic["topic"];
  }
}

TEST(Doctor, HandsUpThatNobodyAnswers) {
  FakeAdmin admin;
  admin.away = true;
  const auto report = examined(admin);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace antiphon::tools
