// The broker's settings of groups reach JoinGroup, and DescribeConfigs tells them.
#include <gtest/gtest.h>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/messages.h"

namespace antiphon::kafka::broker {
namespace {

using namespace std::chrono_literals;
using E = wire::ErrorCode;

class GroupSettingsOfTheBroker : public ::testing::Test {
 protected:
  std::uint64_t send_join(std::int32_t session_timeout_ms, ConnectionId connection = ConnectionId(1)) {
    wire::JoinGroupRequest r;
    r.group_id = "g";
    r.session_timeout_ms = session_timeout_ms;
    r.protocol_type = "consumer";
    r.protocols.push_back({"range", metadata});
    const auto sequence = d.send(0, r, connection);
    d.pump();
    return sequence;
  }
  wire::JoinGroupResponse take_join(std::uint64_t sequence) { return d.take<wire::JoinGroupResponse>(sequence, 0); }

  const Bytes metadata = to_bytes("m");
  testing::CoreDriver d;
};

TEST_F(GroupSettingsOfTheBroker, ASessionTimeoutOutsideOfThemIsInvalid) {
  d.settings.limits.session_timeout_min = 2s;
  d.settings.limits.session_timeout_max = 4s;
  ASSERT_TRUE(d.start());
  for (const std::int32_t outside : {1'999, 4'001, -1}) {
    EXPECT_EQ(take_join(send_join(outside)).error_code, E::kInvalidSessionTimeout) << outside;
  }
  EXPECT_EQ(take_join(send_join(2'000)).error_code, E::kNone);
}

TEST_F(GroupSettingsOfTheBroker, MembersThatJoinWithinTheDelayAreInOneGeneration) {
  d.settings.initial_rebalance_delay = 3s;
  ASSERT_TRUE(d.start());
  const auto first = send_join(10'000);
  d.advance(2'900ms);
  EXPECT_FALSE(d.answered(first));
  const auto second = send_join(10'000, ConnectionId(2));
  d.advance(2'900ms);
  EXPECT_FALSE(d.answered(first)) << "the second one began the delay anew";
  d.advance(100ms);
  const auto leader = take_join(first);
  EXPECT_EQ(leader.error_code, E::kNone);
  EXPECT_EQ(leader.members.size(), 2U);
  EXPECT_EQ(take_join(second).generation_id, leader.generation_id);
}

TEST_F(GroupSettingsOfTheBroker, AreToldByDescribeConfigs) {
  d.settings.initial_rebalance_delay = 3s;
  d.settings.limits.session_timeout_min = 2s;
  d.settings.limits.session_timeout_max = 4s;
  ASSERT_TRUE(d.start());
  wire::DescribeConfigsRequest r;
  r.resources.push_back({kBrokerResource, "1", std::nullopt});
  std::map<std::string, std::string> told;
  const auto answer = d.call<wire::DescribeConfigsResponse>(4, r);
  for (const auto& config : answer.results.at(0).configs)
    told[std::string(config.name)] = std::string(config.value.value_or("null"));
  EXPECT_EQ(told["group.initial.rebalance.delay.ms"], "3000");
  EXPECT_EQ(told["group.min.session.timeout.ms"], "2000");
  EXPECT_EQ(told["group.max.session.timeout.ms"], "4000");
}

TEST_F(GroupSettingsOfTheBroker, AreRefusedWhereNoMemberCouldMeetThem) {
  d.settings.data_dir = "/data";
  EXPECT_TRUE(d.settings.validate());
  d.settings.limits.session_timeout_min = d.settings.limits.session_timeout_max + 1ms;
  EXPECT_FALSE(d.settings.validate());
}

}  // namespace
}  // namespace antiphon::kafka::broker
