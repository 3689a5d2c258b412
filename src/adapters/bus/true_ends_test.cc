// Where a partition ends, told by brokers that do not agree: each is a cluster of its own here.
#include "adapters/bus/true_ends.h"

#include <gtest/gtest.h>

#include "adapters/bus/producer.h"
#include "adapters/bus/testing/mock_cluster.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "ends.test";
const TopicPartition kOnly{kTopic, PartitionId(0)};
const std::function<bool()> kNever = [] { return false; };

class Holding {
 public:
  explicit Holding(int records, int brokers = 1) : cluster(brokers) {
    rd_kafka_mock_topic_create(cluster.get(), kTopic, 1, brokers);
    auto producer = Producer::create(cluster.connection());
    for (int i = 0; producer && i < records; ++i) {
      OutgoingRecord record;
      record.topic = kTopic;
      record.partition = kOnly.partition;
      record.value = "x";
      EXPECT_TRUE((*producer)->send_and_wait(std::move(record), 10s));
    }
  }
  [[nodiscard]] std::string address() const { return cluster.connection().bootstrap; }

  MockCluster cluster;
};

Result<Offset> end_by(const Connection& connection, const Witnesses& witnesses) {
  ANTIPHON_TRY(ends, largest_ends(connection, {{kOnly, witnesses}}, kNever));
  return ends.at(kOnly);
}

TEST(TrueEndsTest, WhoIsCutOffTellsLessAndIsNotBelieved) {
  const Holding cut_off(2);
  const Holding others(5);
  const Connection connection = cut_off.cluster.connection();
  const auto end = end_by(connection, {{cut_off.address(), others.address()}, 2});
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(*end, Offset(5));
  const auto other_way = end_by(connection, {{others.address(), cut_off.address()}, 2});
  ASSERT_TRUE(other_way);
  EXPECT_EQ(*other_way, Offset(5));
}

TEST(TrueEndsTest, OneAloneIsNotEnoughWhereTwoMustAnswer) {
  const Holding one(2);
  const std::string nobody = "127.0.0.1:1";
  const auto end = end_by(one.cluster.connection(), {{nobody, one.address()}, 2});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(end_by(one.cluster.connection(), {{nobody, one.address()}, 1})) << "the next one is asked";
}

TEST(TrueEndsTest, AllReplicasButOneAreAsked) {
  Holding three(3, 3);
  const auto ask = [&] { return true_ends(three.cluster.connection(), {kOnly}, kNever); };
  ASSERT_EQ(rd_kafka_mock_partition_set_leader(three.cluster.get(), kTopic, 0, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  auto ends = ask();
  ASSERT_TRUE(ends) << ends.error().message;
  EXPECT_EQ(ends->at(kOnly), Offset(3));
  rd_kafka_mock_broker_set_down(three.cluster.get(), 2);
  ends = ask();
  EXPECT_TRUE(ends) << ends.error().message;
  rd_kafka_mock_broker_set_down(three.cluster.get(), 3);
  ends = ask();
  ASSERT_FALSE(ends) << "one may be cut off";
  EXPECT_EQ(ends.error().kind, ErrorKind::kUnavailable);
}

TEST(TrueEndsTest, NobodyIsAskedWhenItIsNotNeededAnyMore) {
  const Holding one(0);
  const auto ends = true_ends(one.cluster.connection(), {kOnly}, [] { return true; });
  ASSERT_FALSE(ends);
  EXPECT_EQ(ends.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace antiphon::bus
