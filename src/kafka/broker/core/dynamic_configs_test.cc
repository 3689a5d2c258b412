// Settings of the broker and of groups, changed by clients while it runs.
#include "kafka/broker/core/dynamic_configs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using E = wire::ErrorCode;
enum Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

class DynamicSettings : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(d.start()); }

  E change(std::int8_t type, std::string_view name, std::string_view key, Operation operation, std::string_view value) {
    wire::IncrementalAlterConfigsRequest r;
    r.resources.push_back({type, name, {{key, operation, value}}});
    return d.call<wire::IncrementalAlterConfigsResponse>(1, r).responses.at(0).error_code;
  }
  // "VALUE SOURCE", or what is wrong.
  std::string value(std::int8_t type, std::string_view name, std::string_view key) {
    wire::DescribeConfigsRequest r;
    r.resources.push_back({type, name, std::vector<std::string_view>{key}});
    const auto result = d.call<wire::DescribeConfigsResponse>(4, r).results.at(0);
    if (result.error_code != E::kNone) return std::string(to_string(result.error_code));
    if (result.configs.size() != 1) return fmt::format("{} settings", result.configs.size());
    return fmt::format("{} {}", *result.configs[0].value, result.configs[0].config_source);
  }

  testing::CoreDriver d;
};

TEST_F(DynamicSettings, TheBrokersAreKeptAndShownAlsoAfterAPowerCut) {
  EXPECT_EQ(value(kBrokerResource, "1", "background.threads"), "10 5");
  EXPECT_EQ(change(kBrokerResource, "1", "background.threads", kSet, "9"), E::kNone);
  EXPECT_EQ(change(kBrokerResource, "", "num.io.threads", kSet, "4"), E::kNone);
  d.crash(1);
  ASSERT_TRUE(d.start());
  EXPECT_EQ(value(kBrokerResource, "1", "background.threads"), "9 2");
  EXPECT_EQ(value(kBrokerResource, "1", "num.io.threads"), "4 3");
  EXPECT_EQ(value(kBrokerResource, "", "num.io.threads"), "4 3");
  EXPECT_EQ(change(kBrokerResource, "1", "background.threads", kDelete, ""), E::kNone);
  EXPECT_EQ(value(kBrokerResource, "1", "background.threads"), "10 5");
}

TEST_F(DynamicSettings, AListIsAppendedToAndSubtractedFrom) {
  EXPECT_EQ(change(kBrokerResource, "1", "log.cleanup.policy", kAppend, "compact"), E::kNone);
  EXPECT_EQ(value(kBrokerResource, "1", "log.cleanup.policy"), "delete,compact 2");
  EXPECT_EQ(change(kBrokerResource, "1", "log.cleanup.policy", kSubtract, "compact"), E::kNone);
  EXPECT_EQ(value(kBrokerResource, "1", "log.cleanup.policy"), "delete 2");
}

TEST_F(DynamicSettings, AGroupsAreKeptForAGroupThatIsNotThereYet) {
  EXPECT_EQ(value(kGroupResource, "g", "consumer.session.timeout.ms"), "45000 5");
  EXPECT_EQ(change(kGroupResource, "g", "consumer.session.timeout.ms", kSet, "50000"), E::kNone);
  EXPECT_EQ(value(kGroupResource, "g", "consumer.session.timeout.ms"), "50000 8");
  EXPECT_EQ(value(kGroupResource, "other", "consumer.session.timeout.ms"), "45000 5");
}

TEST_F(DynamicSettings, WhatIsUnknownOrFixedIsRefused) {
  EXPECT_EQ(change(kBrokerResource, "1", "node.id", kSet, "2"), E::kInvalidRequest);
  EXPECT_EQ(change(kBrokerResource, "2", "background.threads", kSet, "9"), E::kInvalidRequest);
  EXPECT_EQ(change(kBrokerResource, "1", "background.threads", kSet, "none"), E::kInvalidConfig);
  EXPECT_EQ(change(kGroupResource, "g", "no.such", kSet, "1"), E::kInvalidConfig);
  EXPECT_EQ(change(kGroupResource, "g\tx", "consumer.session.timeout.ms", kSet, "50000"), E::kInvalidRequest);
  EXPECT_EQ(change(kBrokerLoggerResource, "1", "root", kSet, "DEBUG"), E::kInvalidRequest);
}

TEST_F(DynamicSettings, AnAlterWithoutAValueGoesBackToTheDefault) {
  ASSERT_EQ(change(kBrokerResource, "1", "num.io.threads", kSet, "4"), E::kNone);
  wire::AlterConfigsRequest r;
  r.resources.push_back({kBrokerResource, "1", {{"background.threads", "7"}}});
  r.validate_only = true;
  EXPECT_EQ(d.call<wire::AlterConfigsResponse>(2, r).responses.at(0).error_code, E::kNone);
  EXPECT_EQ(value(kBrokerResource, "1", "num.io.threads"), "4 2") << "only validated";
  r.validate_only = false;
  EXPECT_EQ(d.call<wire::AlterConfigsResponse>(2, r).responses.at(0).error_code, E::kNone);
  EXPECT_EQ(value(kBrokerResource, "1", "num.io.threads"), "8 5");
  EXPECT_EQ(value(kBrokerResource, "1", "background.threads"), "7 2");
}

TEST(DynamicConfigsFile, DamageIsSeen) {
  ASSERT_TRUE(DynamicConfigs::parse("4\t1\tbackground.threads\t9\n"));
  for (const std::string_view bad : {"4\t1\tbackground.threads\t9", "4\t1\tbackground.threads\n", "4\t1\ta\tb\tc\n",
                                     "four\t1\ta\tb\n", "400\t1\ta\tb\n", "4\t1\t\tb\n"}) {
    EXPECT_FALSE(DynamicConfigs::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace antiphon::kafka::broker
