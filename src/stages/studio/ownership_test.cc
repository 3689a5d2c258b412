// Partitions that come and go while other threads ask: with a loader, a writer and a feed that do what the test says.
#include "stages/studio/ownership.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <future>

#include "stages/studio/testing/no_producer.h"

namespace antiphon::studio {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PartitionId kOne{0};
constexpr PartitionId kOther{1};

class OwnershipTest : public ::testing::Test {
 protected:
  OwnershipTest() {
    parts_.load = [this](const auto& notes, const auto& cancelled) { return load(notes, cancelled); };
    parts_.read_back = [](PartitionId, Gap, const auto&) -> Result<> { return {}; };
    parts_.flush = [this]() -> Result<> {
      ++flushes_;
      if (refuses_) return make_error(ErrorKind::kConflict, "no member of the group");
      return {};
    };
    parts_.follow = [](const auto&) {};
    parts_.leave = [](const auto&) {};
    parts_.recordings_ends = [](const auto&) { return std::map<PartitionId, Offset>{}; };
  }
  ~OwnershipTest() override {
    stop_.request_stop();
    release();
    if (served_.valid()) served_.wait();
  }

  void serve() {
    served_ = std::async(std::launch::async,
                         [this] { return ownership_.serve(parts_, stop_.token(), []() -> Result<> { return {}; }); });
  }
  // Each load waits until it is released, or until it is not wanted any more.
  Result<std::map<PartitionId, Offset>> load(const std::map<PartitionId, std::string>& notes,
                                             const Ownership::Cancelled& cancelled) {
    std::unique_lock lock(mutex_);
    ++loads_;
    notes_ = notes;
    changed_.notify_all();
    while (!released_ && !cancelled()) changed_.wait_for(lock, milliseconds{1});
    if (cancelled()) return make_error(ErrorKind::kCancelled, "not needed any more");
    if (std::exchange(fails_once_, false)) return make_error(ErrorKind::kUnavailable, "brokers away");
    std::map<PartitionId, Offset> next;
    for (const auto& [partition, note] : notes) next[partition] = Offset(0);
    return next;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  bool wait_for_loads(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds{10}, [&] { return loads_ >= count; });
  }
  bool eventually(const std::function<bool()>& what) {
    const auto deadline = std::chrono::steady_clock::now() + seconds{10};
    while (!what() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds{1});
    return what();
  }
  bool ready() { return health_.report().state == HealthState::kReady; }

  SystemClock clock_;
  SystemRandom random_;
  prometheus::Registry registry_;
  StudioMetrics metrics_{registry_};
  testing::NoProducer producer_;
  Health health_;
  Desk desk_{DeskSettings{}, producer_, clock_, random_, metrics_};
  Ownership ownership_{desk_, health_};
  Ownership::Parts parts_;
  StopSource stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<PartitionId, std::string> notes_;
  std::atomic<int> flushes_ = 0;
  std::atomic<bool> refuses_ = false;
  int loads_ = 0;
  bool released_ = false;
  bool fails_once_ = false;
  std::future<Result<>> served_;
};

TEST_F(OwnershipTest, WhatIsGainedIsLoadedWithTheNotesFoundThenOpen) {
  serve();
  ownership_.on_gained({{kOne, "by another"}});
  ASSERT_TRUE(wait_for_loads(1));
  EXPECT_EQ(notes_.at(kOne), "by another");
  EXPECT_FALSE(desk_.serves(kOne));
  EXPECT_FALSE(ready());
  release();
  EXPECT_TRUE(eventually([&] { return desk_.serves(kOne) && ready(); }));
  EXPECT_FALSE(desk_.serves(kOther));
}

TEST_F(OwnershipTest, AStudioThatGotNothingIsReady) {
  serve();
  EXPECT_FALSE(ready());
  ownership_.on_gained({});
  EXPECT_TRUE(eventually([&] { return ready(); }));
}

TEST_F(OwnershipTest, ALoadThatFailsIsDoneAgain) {
  fails_once_ = true;
  release();
  serve();
  ownership_.on_gained({{kOne, ""}});
  EXPECT_TRUE(eventually([&] { return desk_.serves(kOne) && ready(); }));
  EXPECT_EQ(loads_, 2);
}

TEST_F(OwnershipTest, WhatIsGivenUpWhileItLoadsIsForgottenAndTheRestLoadedAnew) {
  serve();
  ownership_.on_gained({{kOne, ""}, {kOther, "by another"}});
  ASSERT_TRUE(wait_for_loads(1));
  EXPECT_TRUE(ownership_.on_given_up({kOne}).empty()) << "it was never open: nothing is left in order";
  EXPECT_FALSE(desk_.with_leases([](Leases& leases) { return leases.owns(kOne); }));
  ASSERT_TRUE(wait_for_loads(2));
  EXPECT_EQ(notes_, (std::map<PartitionId, std::string>{{kOther, "by another"}}));
  release();
  EXPECT_TRUE(eventually([&] { return desk_.serves(kOther) && ready(); }));
  EXPECT_FALSE(desk_.serves(kOne));
}

// A question to Kafka that nobody answers, say. It ends in the middle of what the partition's next ownership is.
TEST_F(OwnershipTest, GivingUpDoesNotWaitForALoadThatDoesNotEndAndItIsNeverOpened) {
  std::promise<void> hangs;
  std::promise<void> ends;
  std::vector<std::string> notes;
  parts_.load = [&](const auto& gained, const auto&) -> Result<std::map<PartitionId, Offset>> {
    notes.push_back(gained.at(kOne));
    if (notes.size() == 1) {
      hangs.set_value();
      ends.get_future().wait();
    }
    EXPECT_FALSE(desk_.serves(kOne));
    return std::map<PartitionId, Offset>{{kOne, Offset(0)}};
  };
  serve();
  ownership_.on_gained({{kOne, "first"}});
  hangs.get_future().wait();
  auto given_up = std::async(std::launch::async, [&] { return ownership_.on_given_up({kOne}); });
  const bool in_time = given_up.wait_for(2 * kHandOverMax) == std::future_status::ready;
  EXPECT_TRUE(in_time);
  if (in_time) ownership_.on_gained({{kOne, "second"}});
  ends.set_value();
  EXPECT_TRUE(given_up.get().empty());
  EXPECT_TRUE(!in_time || eventually([&] { return desk_.serves(kOne); }));
  stop_.request_stop();
  EXPECT_TRUE(served_.get());
  EXPECT_EQ(notes, (std::vector<std::string>{"first", "second"}));
}

TEST_F(OwnershipTest, WhatIsGivenUpIsShutWrittenAndForgotten) {
  release();
  serve();
  ownership_.on_gained({{kOne, ""}, {kOther, ""}});
  ASSERT_TRUE(eventually([&] { return desk_.serves(kOne) && desk_.serves(kOther); }));
  EXPECT_EQ(ownership_.on_given_up({kOne}), std::set<PartitionId>{kOne});
  EXPECT_EQ(flushes_, 1);
  EXPECT_FALSE(desk_.with_leases([](Leases& leases) { return leases.owns(kOne); }));
  EXPECT_TRUE(desk_.serves(kOther));
  refuses_ = true;
  EXPECT_TRUE(ownership_.on_given_up({kOther}).empty()) << "what was refused may be left open";
  EXPECT_FALSE(desk_.serves());
  EXPECT_TRUE(ownership_.on_given_up({kOther}).empty()) << "again changes nothing";
}

TEST_F(OwnershipTest, WhatIsElsewhereIsCopiedUntilItIsGained) {
  std::promise<std::set<PartitionId>> copied;
  std::atomic<int> copies = 0;
  parts_.keep_warm = [&](const auto& partitions, const auto& cancelled) -> Result<bool> {
    if (copies++ == 0) copied.set_value(partitions);
    while (!cancelled()) std::this_thread::sleep_for(milliseconds{1});  // a long reading
    return false;
  };
  release();
  serve();
  ownership_.on_gained({{kOne, ""}});
  EXPECT_FALSE(copied.get_future().get().contains(kOne)) << "it is open here";
  EXPECT_TRUE(eventually([&] { return ready(); })) << "nobody waits for copies";
  ownership_.on_gained({{kOther, "by another"}});
  EXPECT_TRUE(eventually([&] { return desk_.serves(kOther); })) << "the reading of copies gives way";
}

TEST_F(OwnershipTest, ACopyIsKeptWhenItsLoadingFails) {
  std::atomic<bool> copied = false;
  parts_.keep_warm = [&](const auto& partitions, const auto&) -> Result<bool> {
    desk_.with_leases([&](Leases& leases) {
      for (const PartitionId partition : partitions) leases.own(partition);
    });
    copied = true;
    return true;
  };
  serve();
  ownership_.on_gained({});
  ASSERT_TRUE(eventually([&] { return copied.load(); }));
  const auto before = desk_.with_leases([](Leases& leases) { return leases.ownership(kOne); });
  ASSERT_TRUE(before);
  fails_once_ = true;
  release();
  ownership_.on_gained({{kOne, ""}});
  EXPECT_TRUE(eventually([&] { return desk_.serves(kOne); }));
  EXPECT_EQ(loads_, 2);
  EXPECT_EQ(desk_.with_leases([](Leases& leases) { return leases.ownership(kOne); }), before);
}

}  // namespace
}  // namespace antiphon::studio
