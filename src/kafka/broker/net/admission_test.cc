#include "kafka/broker/net/admission.h"

#include <gtest/gtest.h>

namespace antiphon::kafka::broker {
namespace {

TEST(Admissions, OneAddressCannotTakeAllAndAllCannotTakeMoreThanThereAre) {
  BrokerLimits limits;
  limits.connections_max = 3;
  limits.connections_an_address_max = 2;
  Admission door(limits);
  door.enter(ConnectionId(1), "/a");
  EXPECT_TRUE(door.has_room_for("/a"));
  door.enter(ConnectionId(2), "/a");
  EXPECT_FALSE(door.has_room_for("/a"));
  EXPECT_TRUE(door.has_room_for("/b"));
  door.enter(ConnectionId(3), "/b");
  EXPECT_FALSE(door.has_room_for("/c"));
  door.left(ConnectionId(1), "/a");
  EXPECT_TRUE(door.has_room_for("/a"));
}

TEST(Admissions, TheOldestThatIsStillOpeningMakesRoom) {
  BrokerLimits limits;
  limits.opening_connections_max = 2;
  Admission door(limits);
  for (std::uint64_t id = 1; id <= 2; ++id) door.enter(ConnectionId(id), "/a");
  EXPECT_EQ(door.crowded_out(), std::nullopt);
  door.enter(ConnectionId(3), "/a");
  EXPECT_EQ(door.crowded_out(), ConnectionId(1));
  door.opened(ConnectionId(1));  // in time
  EXPECT_EQ(door.crowded_out(), std::nullopt);
  door.enter(ConnectionId(4), "/a");
  EXPECT_EQ(door.crowded_out(), ConnectionId(2));
  door.left(ConnectionId(2), "/a");
  EXPECT_EQ(door.crowded_out(), std::nullopt);
}

}  // namespace
}  // namespace antiphon::kafka::broker
