#include "tools/doctor/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::tools {
namespace {

using ::testing::HasSubstr;

bus::AccessRule topic_rule(std::string name, std::string pattern, std::string operation,
                           std::string permission = "ALLOW", std::string principal = "User:antiphon") {
  return {"TOPIC", std::move(name),      std::move(pattern),   std::move(principal),
          "*",     std::move(operation), std::move(permission)};
}

TEST(Access, IsReadAsKafkaReadsItsRules) {
  const Need write{"studio", "TOPIC", "voices.recordings", false, "WRITE"};
  const Need describe{"studio", "TOPIC", "voices.recordings", false, "DESCRIBE"};
  const Need configs{"studio", "TOPIC", "voices.recordings", false, "DESCRIBE_CONFIGS"};
  const Need create{"studio", "TOPIC", "voices.recordings", false, "CREATE"};
  const Need letters{"archive", "TOPIC", "dlq.voices.recordings.archive.", true, "WRITE"};
  const Need transactions{"studio", "TRANSACTIONAL_ID", "voices.studio.", true, "WRITE"};
  const auto of_transactions = [](const char* name) {
    return bus::AccessRule{"TRANSACTIONAL_ID", name, "PREFIXED", "User:antiphon", "*", "WRITE", "ALLOW"};
  };
  struct Row {
    const char* name;
    Need need;
    std::vector<bus::AccessRule> rules;
    bool granted;
  };
  const Row rows[] = {
      {"no rule at all", write, {}, false},
      {"the very operation", write, {topic_rule("voices.recordings", "LITERAL", "WRITE")}, true},
      {"another operation", write, {topic_rule("voices.recordings", "LITERAL", "READ")}, false},
      {"another topic", write, {topic_rule("voices.prompts", "LITERAL", "WRITE")}, false},
      {"another person", write, {topic_rule("voices.recordings", "LITERAL", "WRITE", "ALLOW", "User:other")}, false},
      {"everybody", write, {topic_rule("voices.recordings", "LITERAL", "WRITE", "ALLOW", "User:*")}, true},
      {"every operation", write, {topic_rule("voices.recordings", "LITERAL", "ALL")}, true},
      {"a prefix", write, {topic_rule("voices.", "PREFIXED", "WRITE")}, true},
      {"every topic", write, {topic_rule("*", "LITERAL", "WRITE")}, true},
      {"a denial wins",
       write,
       {topic_rule("voices.", "PREFIXED", "ALL"), topic_rule("voices.recordings", "LITERAL", "WRITE", "DENY")},
       false},
      {"a denial of something else",
       write,
       {topic_rule("voices.", "PREFIXED", "ALL"), topic_rule("voices.recordings", "LITERAL", "DELETE", "DENY")},
       true},
      {"reading is seeing", describe, {topic_rule("voices.recordings", "LITERAL", "READ")}, true},
      {"reading tells no settings", configs, {topic_rule("voices.recordings", "LITERAL", "READ")}, false},
      {"altering settings tells them", configs, {topic_rule("voices.recordings", "LITERAL", "ALTER_CONFIGS")}, true},
      {"made by right over the cluster",
       create,
       {{"BROKER", "kafka-cluster", "LITERAL", "User:antiphon", "*", "CREATE", "ALLOW"}},
       true},
      {"writing by right over the cluster",
       write,
       {{"BROKER", "kafka-cluster", "LITERAL", "User:antiphon", "*", "ALL", "ALLOW"}},
       false},
      {"a prefix of the prefix", letters, {topic_rule("dlq.voices.", "PREFIXED", "WRITE")}, true},
      {"one of what the prefix means",
       letters,
       {topic_rule("dlq.voices.recordings.archive.main", "LITERAL", "WRITE")},
       false},
      {"transactional ids", transactions, {of_transactions("voices.studio.")}, true},
      {"those of others", transactions, {of_transactions("voices.select.")}, false},
      {"those are no topic", write, {of_transactions("voices.")}, false},
      {"one of what the prefix means is denied",
       letters,
       {topic_rule("dlq.", "PREFIXED", "WRITE"),
        topic_rule("dlq.voices.recordings.archive.main", "LITERAL", "WRITE", "DENY")},
       false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto findings = judge_access({row.need}, {"User:antiphon", false, {}, row.rules}, "kafka:9092");
    EXPECT_EQ(findings.empty(), row.granted);
    for (const auto& finding : findings) EXPECT_THAT(finding.mend, HasSubstr("--allow-principal User:antiphon"));
  }
}

TEST(Access, OfASuperUserAndOfTopicsWithoutRulesNeedsNone) {
  const auto needs = needs_of(events::Topics());
  EXPECT_TRUE(judge_access(needs, {"User:admin", false, {"User:admin"}, {}}, "kafka:9092").empty());
  EXPECT_TRUE(judge_access(needs, {"User:antiphon", true, {}, {}}, "kafka:9092").empty());
  EXPECT_EQ(judge_access(needs, {"User:antiphon", false, {}, {}}, "kafka:9092").size(), needs.size());
}

TEST(Access, OfAWholeNamespaceIsFourRules) {
  std::vector<bus::AccessRule> rules{topic_rule("voices.", "PREFIXED", "ALL"),
                                     topic_rule("dlq.voices.", "PREFIXED", "ALL")};
  const std::string user = "User:antiphon";
  rules.push_back({"TRANSACTIONAL_ID", "voices.", "PREFIXED", user, "*", "WRITE", "ALLOW"});
  rules.push_back({"GROUP", "voices.", "PREFIXED", user, "*", "READ", "ALLOW"});
  for (const auto& finding : judge_access(needs_of(events::Topics()), {user, false, {}, rules}, "kafka:9092"))
    ADD_FAILURE() << finding.what;
  rules.pop_back();
  const auto findings = judge_access(needs_of(events::Topics()), {user, false, {}, rules}, "kafka:9092");
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_EQ(
      findings[4].mend,
      "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:antiphon --operation Read --group "
      "voices.archive. --resource-pattern-type prefixed");
}

// Seen on a cluster that lets nobody do what no rule allows (tests/deploy/secured_cluster.py): a stage makes or checks
// every topic that it has to do with, holds a baton in a group of its own, and asks for the names of its readers.
TEST(Access, OfAStudioIsMoreThanItsOwnTopics) {
  std::vector<std::string> said;
  for (const Need& need : needs_of(events::Topics())) {
    if (need.stage == "studio") said.push_back(need.operation + " " + need.resource + (need.prefix ? "*" : ""));
  }
  EXPECT_THAT(said, ::testing::UnorderedElementsAre(
                        "CREATE voices.prompts", "DESCRIBE_CONFIGS voices.prompts", "READ voices.prompts",
                        "CREATE voices.recordings", "DESCRIBE_CONFIGS voices.recordings", "READ voices.recordings",
                        "WRITE voices.recordings", "CREATE voices.prompt-state", "DESCRIBE_CONFIGS voices.prompt-state",
                        "READ voices.prompt-state", "WRITE voices.prompt-state", "CREATE voices.corpus-state",
                        "DESCRIBE_CONFIGS voices.corpus-state", "READ voices.corpus-state", "READ voices.studio",
                        "DESCRIBE voices.studio.*", "WRITE voices.studio.*"));
}

TEST(Access, OfAnArchiveWithANameNeedsNoPrefix) {
  const auto topics = events::Topics();
  std::vector<Need> needs = needs_of(topics, "main");
  std::erase_if(needs, [](const Need& need) { return need.stage != "archive"; });
  for (const Need& need : needs) EXPECT_FALSE(need.prefix) << need.resource;
  const std::vector<bus::AccessRule> rules{
      topic_rule("voices.recordings", "LITERAL", "ALL"),
      topic_rule("dlq.voices.recordings.archive.main", "LITERAL", "ALL"),
      {"GROUP", "voices.archive.main", "LITERAL", "User:antiphon", "*", "READ", "ALLOW"}};
  EXPECT_TRUE(judge_access(needs, {"User:antiphon", false, {}, rules}, "kafka:9092").empty());
}

}  // namespace
}  // namespace antiphon::tools
