#include "events/topics.h"

#include <gtest/gtest.h>

#include "core/murmur2.h"

namespace antiphon::events {
namespace {

TEST(Topics, AreNamedByTheirNamespace) {
  const Topics topics = *Topics::in("shamba-2.sauti");
  EXPECT_EQ(topics.prompts(), "shamba-2.sauti.prompts");
  EXPECT_EQ(topics.recordings(), "shamba-2.sauti.recordings");
  EXPECT_EQ(topics.prompt_state(), "shamba-2.sauti.prompt-state");
  EXPECT_EQ(topics.corpus_state(), "shamba-2.sauti.corpus-state");
  EXPECT_EQ(Topics::dlq(Topics().recordings(), "archive.main"), "dlq.voices.recordings.archive.main");
  EXPECT_EQ(Topics().client_id("studio", "0"), "voices.studio.0");
  EXPECT_EQ(Topics().group_id("archive", "9f86d081"), "voices.archive.9f86d081");
}

TEST(Topics, RefuseANameThatKafkaOrPeopleWouldMistake) {
  for (const char* name : {"", "Voices", "my_voices", "a b", ".a", "a.", "-a", "a..b", "a/b", "ሰላም"})
    EXPECT_FALSE(Topics::in(name)) << name;
  EXPECT_FALSE(Topics::in(std::string(65, 'a')));
  EXPECT_TRUE(Topics::in(std::string(64, 'a')));
  EXPECT_TRUE(is_target_name("main-2"));
  for (const char* name : {"", "a.b", "a_b", "A", "../x"}) EXPECT_FALSE(is_target_name(name)) << name;
}

TEST(Topics, KeepEverythingAndCompactOnlyTables) {
  for (const TopicSpec& spec : Topics().specs(12)) {
    const bool table = spec.name != "voices.prompts";
    EXPECT_EQ(spec.config.at("cleanup.policy"), table ? "compact" : "delete") << spec.name;
    EXPECT_EQ(spec.config.at("retention.ms"), "-1");
    EXPECT_EQ(spec.config.at("retention.bytes"), "-1");
    EXPECT_EQ(spec.config.at("max.message.bytes"), "5242880");
    EXPECT_EQ(spec.partitions, spec.name == "voices.corpus-state" ? 1 : 12);
    EXPECT_EQ(spec.config.count("max.compaction.lag.ms"), spec.name == "voices.recordings" ? 1U : 0U);
  }
  EXPECT_EQ(Topics().specs()[1].config.at("max.compaction.lag.ms"), "2592000000");
  const TopicSpec dlq = Topics::dlq_spec("voices.recordings", "archive.main", 12);
  EXPECT_EQ(dlq.partitions, 12);
  EXPECT_EQ(dlq.config.at("cleanup.policy"), "delete");
  EXPECT_EQ(dlq.config.at("max.message.bytes"), "6291456");
}

}  // namespace
}  // namespace antiphon::events
