// The small parts of the archive: the pool's order, positions, progress, settings.
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "stages/archive/archive.h"
#include "stages/archive/ordered_pool.h"
#include "stages/archive/positions.h"
#include "stages/archive/progress.h"
#include "stages/archive/testing/fakes.h"

namespace antiphon::archive {
namespace {

TEST(OrderedPool, RunsTheTasksOfAKeyInOrderAndThoseOfOthersSideBySide) {
  std::mutex mutex;
  std::condition_variable change;
  std::map<std::string, std::vector<int>> ran;
  int running = 0;
  int most = 0;
  int left = 400;
  OrderedPool pool(8);
  for (int i = 0; i < 400; ++i) {
    const std::string key = std::to_string(i % 10);
    pool.submit(key, [&, key, i] {
      std::unique_lock lock(mutex);
      most = std::max(most, ++running);
      // Two run at once at least once: the first waits for a second one.
      change.notify_all();
      change.wait_for(lock, std::chrono::seconds(5), [&] { return most >= 2; });
      ran[key].push_back(i);
      --running;
      --left;
      change.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(change.wait_for(lock, std::chrono::seconds(20), [&] { return left == 0; }));
  EXPECT_GE(most, 2);
  EXPECT_LE(most, 8);
  for (const auto& [key, order] : ran) EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << key;
}

TEST(OrderedPool, ItsEndDropsWhatHasNotBegunAndWaitsForWhatRuns) {
  std::promise<void> began;
  std::promise<void> may_end;
  std::atomic<bool> ended{false};
  auto pool = std::make_unique<OrderedPool>(1);
  pool->submit("runs", [&] {
    began.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  began.get_future().wait();
  // Falls to one owner, this test, when the task that holds the other is dropped.
  const auto waits = std::make_shared<std::atomic<bool>>(false);
  pool->submit("waits", [waits] { *waits = true; });
  std::jthread ends([&] { pool.reset(); });
  while (waits.use_count() > 1) std::this_thread::yield();
  EXPECT_FALSE(ended);
  may_end.set_value();
  ends.join();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(*waits);
}

IncomingRecord at(std::int64_t offset, std::int64_t time = 0) {
  IncomingRecord record;
  record.topic = "t";
  record.partition = PartitionId(1);
  record.offset = Offset(offset);
  record.timestamp_ms = time;
  return record;
}

TEST(Positions, OnlyTheContiguousPartIsCommittable) {
  const bus::TopicPartition partition{"t", PartitionId(1)};
  Positions positions;
  positions.start(partition, Offset(5));
  const auto assignment = positions.take(at(5, 50));
  ASSERT_TRUE(positions.take(at(7, 70)));
  EXPECT_TRUE(positions.committable().empty());
  EXPECT_TRUE(positions.finish(*assignment, Offset(7)));
  EXPECT_TRUE(positions.committable().empty());
  EXPECT_EQ(positions.oldest_open_ms(partition), 50);
  EXPECT_TRUE(positions.finish(*assignment, Offset(5)));
  EXPECT_EQ(positions.committable().at(partition), Offset(8));
  positions.committed(positions.committable());
  EXPECT_TRUE(positions.committable().empty());
}

TEST(Positions, ARecordHandedOutTwiceIsTakenOnceAndALateFinishCountsForNothing) {
  const bus::TopicPartition partition{"t", PartitionId(1)};
  Positions positions;
  positions.start(partition, Offset(0));
  const auto old = positions.take(at(0));
  EXPECT_FALSE(positions.take(at(0)));
  positions.end(partition);
  EXPECT_TRUE(old->ended);
  EXPECT_FALSE(positions.finish(*old, Offset(0)));
  positions.start(partition, Offset(0));
  const auto fresh = positions.take(at(0));
  EXPECT_FALSE(positions.finish(*old, Offset(0)));
  EXPECT_TRUE(positions.finish(*fresh, Offset(0)));
  EXPECT_FALSE(positions.finish(*fresh, Offset(0)));
}

TEST(Progress, TellsRateAndTimeLeftWhileFarBehindAndOnceWhenThere) {
  ManualClock clock;
  Progress progress;
  EXPECT_FALSE(progress.tell(clock.mono_now(), 10, 0));
  clock.advance(std::chrono::seconds(5));
  auto line = progress.tell(clock.mono_now(), 1000, 0);
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->seconds_left);
  clock.advance(std::chrono::seconds(5));
  line = progress.tell(clock.mono_now(), 500, 600);  // 100 came in meanwhile
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->rate_per_second, 120);
  EXPECT_DOUBLE_EQ(*line->seconds_left, 5);
  clock.advance(std::chrono::seconds(5));
  line = progress.tell(clock.mono_now(), 3, 1100);
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->caught_up);
  EXPECT_FALSE(progress.tell(clock.mono_now(), 0, 1103));
}

TEST(ArchiveSettings, TheNameComesFromTheSettingTheUrlOrItsHash) {
  ArchiveSettings settings;
  settings.url = "s3://bucket/voices?endpoint=http://127.0.0.1:9000&name=main";
  EXPECT_EQ(*settings.effective_name(), "main");
  settings.name = "other";
  EXPECT_EQ(*settings.effective_name(), "other");
  settings.name.clear();
  settings.url = "s3://bucket/voices?endpoint=http://127.0.0.1:9000";
  EXPECT_EQ(*settings.effective_name(), sha256_hex(as_bytes("s3://bucket/voices")).substr(0, 8));
}

TEST(ArchiveSettings, RefusesWhatCannotRun) {
  ArchiveSettings good;
  good.url = "file:///data/archive";
  ASSERT_TRUE(good.validate());
  const std::pair<const char*, std::function<void(ArchiveSettings&)>> rows[] = {
      {"no url", [](auto& s) { s.url = ""; }},
      {"a name with a slash", [](auto& s) { s.name = "a/b"; }},
      {"a name with a dot", [](auto& s) { s.name = "a.b"; }},
      {"a namespace with an underscore", [](auto& s) { s.name_space = "a_b"; }},
      {"no workers", [](auto& s) { s.parallel = 0; }},
      {"too many workers", [](auto& s) { s.parallel = kParallelMax + 1; }},
      {"no partitions", [](auto& s) { s.partitions = 0; }},
      {"no room", [](auto& s) { s.in_flight_max = 0; }},
      {"a retry that shrinks", [](auto& s) { s.retry_delay_max = std::chrono::milliseconds(1); }},
  };
  for (const auto& [name, spoil] : rows) {
    SCOPED_TRACE(name);
    ArchiveSettings settings = good;
    spoil(settings);
    const auto checked = settings.validate();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace antiphon::archive
