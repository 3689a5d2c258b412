// Brokers that misbehave: on librdkafka's mock cluster, which does so on demand.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "adapters/bus/admin.h"
#include "adapters/bus/baton.h"
#include "adapters/bus/producer.h"
#include "adapters/bus/shares.h"
#include "adapters/bus/testing/mock_cluster.h"
#include "adapters/bus/transactions.h"

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "mock.test";
constexpr const char* kGroup = "mock.test.group";
constexpr std::int32_t kCoordinator = 1;
constexpr std::int32_t kLeader = 2;
constexpr std::int16_t kListOffsets = 2;  // ApiKeys
constexpr std::int16_t kOffsetCommit = 8;
constexpr std::int16_t kOffsetFetch = 9;
constexpr std::int16_t kFindCoordinator = 10;
constexpr PartitionId kOnly{0};

// Two brokers: one leads the only partition of the topic, the other coordinates the group.
class OnABadDay : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_.get(), kTopic, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(rd_kafka_mock_partition_set_leader(cluster_.get(), kTopic, 0, kLeader), RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(rd_kafka_mock_coordinator_set(cluster_.get(), "group", kGroup, kCoordinator), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  MockCluster cluster_{2};
  const Connection connection_ = cluster_.connection();
  SystemClock clock_;
};

// Waits for what another thread tells.
class Signal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds timeout, const std::function<bool()>& until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, until);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_F(OnABadDay, TheBatonIsHeldThoughItsPartitionsLeaderDoesNotAnswer) {
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), kLeader), RD_KAFKA_RESP_ERR_NO_ERROR);
  Signal signal;
  auto baton = Baton::join(connection_, {kGroup, kTopic, "slot-1"}, clock_, [&] { signal.raise(); });
  ASSERT_TRUE(baton) << baton.error().message;
  EXPECT_TRUE(signal.wait(15s, [&] { return (*baton)->held(); }));
}

// One of librdkafka's questions waited without an end (its issue 2588).
TEST_F(OnABadDay, AQuestionToALeaderThatIsDownEndsInTime) {
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), kLeader), RD_KAFKA_RESP_ERR_NO_ERROR);
  auto reader = PartitionReader::create(connection_);
  ASSERT_TRUE(reader);
  auto answer = std::async(std::launch::async, [&] { return (*reader)->offsets({kTopic, kOnly}, 1s); });
  const bool in_time = answer.wait_for(15s) == std::future_status::ready;
  if (!in_time) rd_kafka_mock_broker_set_up(cluster_.get(), kLeader);  // so that it ends at all
  const auto range = answer.get();
  EXPECT_TRUE(in_time);
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().kind, ErrorKind::kUnavailable) << range.error().message;
}

class Member final : public GroupEvents {
 public:
  void on_assigned(const std::map<TopicPartition, Offset>& partitions) override { assigned += partitions.size(); }
  void on_revoked(const std::vector<TopicPartition>&) override {}
  void on_loss(const TopicPartition&, Offset, OffsetRange) override { lost = true; }
  std::size_t assigned = 0;
  bool lost = false;
};

// A group that stands at 3 of a log that ends at 1.
// What waited for a coordinator that is not told must not keep its client from ending: setup/librdkafka.patch.
TEST_F(OnABadDay, AClientEndsThoughNobodyTellsWhereItsGroupIs) {
  auto admin = Admin::create(connection_);
  ASSERT_TRUE(admin);
  const std::vector<TopicPartition> only{{kTopic, kOnly}};
  const auto found = (*admin)->committed(kGroup, only, 5s);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), kCoordinator), RD_KAFKA_RESP_ERR_NO_ERROR);
  cluster_.answer(kFindCoordinator, 100, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
  auto ended = std::async(std::launch::async, [&] {
    const bool told = (*admin)->committed(kGroup, only, 5s).has_value();
    admin->reset();
    return told;
  });
  ASSERT_EQ(ended.wait_for(60s), std::future_status::ready);
  EXPECT_FALSE(ended.get());
}

class BeyondTheEnd : public OnABadDay {
 protected:
  void SetUp() override {
    OnABadDay::SetUp();
    auto producer = Producer::create(connection_);
    ASSERT_TRUE(producer);
    producer_ = std::move(*producer);
    ASSERT_TRUE(write("a"));
    settings_.group_id = kGroup;
    settings_.topics = {kTopic};
    Member events;
    auto consumer = GroupConsumer::create(connection_, settings_, events);
    ASSERT_TRUE(consumer);
    poll_until(**consumer, [&] { return events.assigned > 0; });
    ASSERT_TRUE((*consumer)->commit({{{kTopic, kOnly}, Offset(3)}}));
  }
  Result<Delivered> write(const char* value) {
    return producer_->send_and_wait({kTopic, kOnly, "k", value, {}, std::nullopt}, 10s);
  }
  // Ends with three values, too.
  std::vector<std::string> poll_until(GroupConsumer& consumer, const std::function<bool()>& until) {
    const auto began = clock_.mono_now();
    std::vector<std::string> values;
    while (!until() && clock_.mono_now() - began < 40s && values.size() < 3) {
      const auto polled = clock_.mono_now();
      const auto message = consumer.poll(100ms);
      longest_poll_ = std::max(longest_poll_, clock_.mono_now() - polled);
      EXPECT_TRUE(message) << message.error().message;
      if (!message) break;
      if (*message) values.emplace_back(as_text(*(*message)->record().value));
    }
    return values;
  }
  void answer_late() {
    for (int i = 0; i < 4; ++i) cluster_.answer_late(kLeader, kListOffsets, 20s);
  }
  void wait_for_request(std::int16_t api_key) {
    const auto began = clock_.mono_now();
    while (cluster_.requests(api_key) == 0 && clock_.mono_now() - began < 30s) std::this_thread::yield();
    ASSERT_GT(cluster_.requests(api_key), 0U);
  }

  GroupSettings settings_;
  std::unique_ptr<Producer> producer_;
  std::chrono::nanoseconds longest_poll_{0};
};

TEST_F(BeyondTheEnd, APollTakesASecondLongerAtMostForALeaderThatDoesNotAnswer) {
  Member events;
  auto consumer = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(consumer);
  poll_until(**consumer, [&] { return events.assigned > 0; });
  longest_poll_ = {};
  answer_late();
  const auto began = clock_.mono_now();
  poll_until(**consumer, [&] { return clock_.mono_now() - began > 5s; });
  EXPECT_LT(longest_poll_, 4s) << "it waited for the answer";
  EXPECT_GT(longest_poll_, 900ms) << "nobody was asked";
}

TEST_F(BeyondTheEnd, TheEndDoesNotWaitLongForALeaderThatDoesNotAnswerOnAssignment) {
  Member events;
  auto consumer = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(consumer);
  answer_late();
  cluster_.watch_requests();
  std::atomic<bool> ended = false;
  auto polling = std::async(std::launch::async, [&] { poll_until(**consumer, [&] { return ended.load(); }); });
  wait_for_request(kListOffsets);
  ended = true;
  (*consumer)->end();
  EXPECT_EQ(polling.wait_for(4s), std::future_status::ready);
}

// The group learns where it stands, and under which leader, before the log is cut; when its end is asked for, the log
// has grown beyond that.
TEST_F(BeyondTheEnd, ALogThatWasCutAndHasGrownBeforeAnybodyLookedIsReadFromWhereItWasCut) {
  Member events;
  cluster_.answer_late(kCoordinator, kOffsetFetch, 1'500ms);
  cluster_.watch_requests();
  auto consumer = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(consumer);
  auto values = std::async(std::launch::async, [&] { return poll_until(**consumer, [] { return false; }); });
  wait_for_request(kOffsetFetch);
  rd_kafka_mock_partition_set_leader(cluster_.get(), kTopic, 0, kLeader);  // its epoch rises
  for (const char* value : {"b", "c", "d", "e"}) ASSERT_TRUE(write(value));
  EXPECT_EQ(values.get(), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_FALSE(events.lost);
}

// While leaders change, nobody answers: that ended an archive.
TEST_F(BeyondTheEnd, IsDoubtedThoughNobodyTellsTheEnd) {
  Member events;
  auto consumer = GroupConsumer::create(connection_, settings_, events);
  ASSERT_TRUE(consumer);
  cluster_.answer(kListOffsets, 60, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto began = clock_.mono_now();
  poll_until(**consumer, [&] { return clock_.mono_now() - began > 8s; });
  EXPECT_FALSE(HasFailure());
  EXPECT_FALSE(events.lost);
  cluster_.answer_again(kListOffsets);
  poll_until(**consumer, [&] { return clock_.mono_now() - began > 10s; });
  for (const char* value : {"b", "c", "d"}) ASSERT_TRUE(write(value));
  EXPECT_EQ(poll_until(**consumer, [] { return false; }), (std::vector<std::string>{"b", "c", "d"}));
}

class Gains final : public ShareEvents {
 public:
  void on_gained(const std::map<PartitionId, std::string>& partitions) override {
    if (partitions.contains(kOnly)) gained = true;
    signal.raise();
  }
  std::set<PartitionId> on_given_up(const std::set<PartitionId>& partitions) override { return partitions; }
  std::atomic<bool> gained = false;
  Signal signal;
};

TEST_F(OnABadDay, WhatIsHeldStaysSureWhileTheGroupDoesNotAnswerWhereWeAre) {
  const ShareSettings settings{kGroup, kTopic, {}, "note", {}};
  const int answer_after_ms = 4'000;  // longer than a member that does not poll is sure: half of a session
  ASSERT_EQ(rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), kCoordinator, kOffsetCommit, 1,
                                                         RD_KAFKA_RESP_ERR_NO_ERROR, answer_after_ms),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  Gains events;
  auto shares = Shares::join(connection_, settings, clock_, events);
  ASSERT_TRUE(shares) << shares.error().message;
  ASSERT_TRUE(events.signal.wait(15s, [&] { return events.gained.load(); }));

  auto admin = Admin::create(connection_);
  ASSERT_TRUE(admin);
  const TopicPartition only{kTopic, kOnly};
  const auto group_stands_at = [&](Offset offset) {
    const auto at = (*admin)->committed(kGroup, {only}, 5s);
    return at && at->contains(only) && at->at(only).offset == offset;
  };
  const auto wait_and_be_sure = [&](Offset offset) {
    const auto began = clock_.mono_now();
    while (!group_stands_at(offset) && clock_.mono_now() - began < 30s) ASSERT_TRUE((*shares)->held(kOnly));
    ASSERT_TRUE(group_stands_at(offset));
  };
  ASSERT_NO_FATAL_FAILURE(wait_and_be_sure(Offset(0)));  // it has been told, and does not answer yet
  const auto told_at = clock_.mono_now();
  (*shares)->advance({{kOnly, Offset(7)}});
  // One commit is under way at a time: when the group knows the newer offset, the first answer is here.
  ASSERT_NO_FATAL_FAILURE(wait_and_be_sure(Offset(7)));
  EXPECT_GT(clock_.mono_now() - told_at, settings.session_timeout / 2) << "it was not made to wait";
}

// librdkafka's issues 5511 and 5456: setup/librdkafka.patch.
TEST_F(OnABadDay, ATransactionFindsAGroupThatHasMoved) {
  constexpr const char* kWriter = "mock.test.writer";
  ASSERT_EQ(rd_kafka_mock_coordinator_set(cluster_.get(), "transaction", kWriter, kLeader), RD_KAFKA_RESP_ERR_NO_ERROR);
  Gains events;
  auto shares = Shares::join(connection_, {kGroup, kTopic, {}, "note", {}}, clock_, events);
  ASSERT_TRUE(shares) << shares.error().message;
  ASSERT_TRUE(events.signal.wait(15s, [&] { return events.gained.load(); }));
  const auto writer = Transactions::create(connection_, {.transactional_id = kWriter});
  const auto write = [&] {
    const OutgoingRecord record{kTopic, kOnly, "key", "state", {}, {}};
    return writer->write({record}, {{{{kTopic, kOnly}, Offset(1)}}, "note"}, (*shares)->group(), 5s);
  };
  const auto first = write();
  ASSERT_TRUE(first) << first.error().message;

  ASSERT_EQ(rd_kafka_mock_coordinator_set(cluster_.get(), "group", kGroup, kLeader), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), kCoordinator), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::atomic<bool> tired = false;
  auto later = std::async(std::launch::async, [&] {
    Result<> done = write();
    while (!done && !tired) done = write();
    return done;
  });
  const bool in_time = later.wait_for(60s) == std::future_status::ready;
  tired = true;
  if (!in_time) rd_kafka_mock_broker_set_up(cluster_.get(), kCoordinator);  // so that it ends at all
  const auto done = later.get();
  EXPECT_TRUE(in_time);
  EXPECT_TRUE(done) << done.error().message;
}

}  // namespace
}  // namespace antiphon::bus
