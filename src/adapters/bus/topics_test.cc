#include <gtest/gtest.h>

#include "adapters/bus/admin.h"

namespace antiphon::bus {
namespace {

// A cluster of one topic, whose settings are told with `refusal`.
class OneTopic final : public Admin {
 public:
  explicit OneTopic(ErrorKind refusal) : refusal_(refusal) {}
  Result<ClusterDescription> cluster(std::chrono::milliseconds) override { return ClusterDescription{}; }
  Result<std::vector<TopicDescription>> topics(std::chrono::milliseconds) override {
    return std::vector<TopicDescription>{{"voices.prompts", 1, {{1, {1}, {1}}}}};
  }
  Result<std::map<std::string, std::string>> topic_config(const std::string&, std::chrono::milliseconds) override {
    return make_error(refusal_, "refused");
  }
  Result<std::map<std::string, std::string>> broker_config(std::int32_t, std::chrono::milliseconds) override {
    return std::map<std::string, std::string>{};
  }
  Result<> create_topic(const TopicSpec&, int, std::chrono::milliseconds) override { return {}; }
  Result<std::optional<std::vector<AccessRule>>> access_rules(std::chrono::milliseconds) override {
    return std::optional<std::vector<AccessRule>>();
  }
  Result<std::vector<GroupDescription>> groups(std::chrono::milliseconds) override {
    return std::vector<GroupDescription>{};
  }
  Result<std::map<TopicPartition, CommittedOffset>> committed(const std::string&, const std::vector<TopicPartition>&,
                                                              std::chrono::milliseconds) override {
    return std::map<TopicPartition, CommittedOffset>{};
  }

 private:
  ErrorKind refusal_;
};

// Seen on three brokers: a studio and a selector start together, one sees a topic that the other has just made, asks
// another broker for its settings, and ended.
TEST(EnsureTopics, OfATopicThatNotEveryBrokerKnowsYetIsTriedAgain) {
  const std::vector<TopicSpec> specs{{"voices.prompts", 1, {}}};
  const auto outcome = [&](ErrorKind refusal) {
    OneTopic admin(refusal);
    return ensure_topics(admin, specs, 0, std::chrono::milliseconds(1)).error().kind;
  };
  EXPECT_EQ(outcome(ErrorKind::kNotFound), ErrorKind::kUnavailable);
  EXPECT_EQ(outcome(ErrorKind::kPermission), ErrorKind::kPermission);
}

}  // namespace
}  // namespace antiphon::bus
