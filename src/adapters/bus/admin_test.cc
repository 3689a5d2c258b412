#include "adapters/bus/admin.h"

#include <gtest/gtest.h>

#include "adapters/bus/testing/mock_cluster.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t kOffsetFetch = 9;  // API keys
constexpr std::int16_t kFindCoordinator = 10;
constexpr std::size_t kMany = 100;

class AdminOnAMock : public ::testing::Test {
 protected:
  void SetUp() override {
    auto admin = Admin::create(cluster_.connection());
    ASSERT_TRUE(admin);
    admin_ = *std::move(admin);
  }
  auto ask() { return admin_->committed("voices.studio", {{"voices.prompts", PartitionId(0)}}, 1s); }

  MockCluster cluster_;
  std::unique_ptr<Admin> admin_;
};

// Seen on a cluster whose coordinator was cut off: every studio that looked for the owners of partitions crashed.
TEST_F(AdminOnAMock, AskedForOffsetsOfAGroupWhoseCoordinatorHasMovedSaysSo) {
  cluster_.answer(kOffsetFetch, 1, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
  const auto moved = ask();
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, ErrorKind::kUnavailable) << moved.error().message;
  EXPECT_TRUE(ask());
}

// The library keeps the coordinator that it once found for good; studios asked the former one for minutes.
TEST_F(AdminOnAMock, LooksForTheCoordinatorAnewAfterAFailure) {
  ASSERT_TRUE(ask());
  cluster_.answer(kFindCoordinator, kMany, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  EXPECT_TRUE(ask()) << "it is known";
  cluster_.answer(kOffsetFetch, 1, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
  EXPECT_FALSE(ask());
  EXPECT_FALSE(ask()) << "nobody tells it who coordinates now";
}

}  // namespace
}  // namespace antiphon::bus
