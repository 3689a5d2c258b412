#include "adapters/bus/admin.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "adapters/bus/rdkafka.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t kOffsetFetch = 9;  // its API key

// The client library's own cluster of one broker, which answers what it is told to.
class MockCluster {
 public:
  MockCluster()
      : handle_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(handle_.get(), 1)) {}
  [[nodiscard]] Connection connection() const {
    return {rd_kafka_mock_cluster_bootstraps(cluster_.get()), "test.0", {}};
  }
  void answer_once(std::int16_t api_key, rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_.get(), api_key, 1, error);
  }

 private:
  rd::Handle handle_;
  std::unique_ptr<rd_kafka_mock_cluster_t, rd::Deleter<rd_kafka_mock_cluster_destroy>> cluster_;
};

// Seen on a cluster whose coordinator was cut off: every studio that looked for the owners of partitions crashed.
TEST(Admin, AskedForOffsetsOfAGroupWhoseCoordinatorHasMovedSaysSoAndFindsItNextTime) {
  MockCluster cluster;
  cluster.answer_once(kOffsetFetch, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
  auto admin = Admin::create(cluster.connection());
  ASSERT_TRUE(admin);
  const auto moved = (*admin)->committed("voices.studio", {{"voices.prompts", PartitionId(0)}}, 5s);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, ErrorKind::kUnavailable) << moved.error().message;
  const auto found = (*admin)->committed("voices.studio", {{"voices.prompts", PartitionId(0)}}, 5s);
  EXPECT_TRUE(found) << found.error().message;
}

}  // namespace
}  // namespace antiphon::bus
