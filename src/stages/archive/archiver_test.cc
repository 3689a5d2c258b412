// The whole archive but Kafka and the store: a consumer that hands out a test's records, a store in memory that fails
// on demand.
#include "stages/archive/archiver.h"

#include <gtest/gtest.h>

#include <future>

#include "adapters/blobs/testing/memory_store.h"
#include "stages/archive/testing/fakes.h"

namespace antiphon::archive {
namespace {

using testing::erasure;
using testing::object_name;
using testing::recording;

ArchiveSettings quick() {
  ArchiveSettings settings;
  settings.url = "file:///unused";
  settings.parallel = 4;
  settings.in_flight_max = 16;
  settings.commit_interval = std::chrono::milliseconds(10);
  settings.retry_delay_min = std::chrono::milliseconds(2);
  settings.retry_delay_max = std::chrono::milliseconds(20);
  settings.progress_interval = std::chrono::milliseconds(20);
  return settings;
}

// An archive that runs on a thread of its own, from construction to end().
class Running {
 public:
  explicit Running(ArchiveSettings settings = quick()) : settings_(std::move(settings)) {}
  ~Running() { end(); }

  void begin() {
    thread_ = std::jthread([this] { outcome_ = archiver_.run(consumer, stop_.token()); });
  }
  void end() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  // Waits for a condition; a test that never sees it fails by its message, not by a guess of a time.
  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  bool degraded() const { return health.report().state == HealthState::kDegraded; }

  const SystemClock clock;
  Health health;
  prometheus::Registry registry;
  Metrics metrics{registry, "test"};
  blobs::testing::MemoryStore store;
  testing::SentLetters letters;

 private:
  ArchiveSettings settings_;
  StopSource stop_;
  Outage outage_{health, clock, "archive memory://test"};
  Keeper keeper_{store};
  Storer storer_{keeper_, clock, outage_, {settings_.parallel, settings_.retry_delay_min, settings_.retry_delay_max}};
  DeadLetters dead_letters_{[this]() -> Result<std::unique_ptr<bus::Producer>> {
                              return std::unique_ptr<bus::Producer>(std::make_unique<testing::FakeProducer>(letters));
                            },
                            {"archive.test", "voices.archive.test", "0"},
                            clock};
  Archiver archiver_{settings_, {clock, health, metrics, outage_, storer_, dead_letters_}};

 public:
  testing::FakeConsumer consumer{archiver_};

 private:
  Result<> outcome_;
  std::jthread thread_;
};

const std::string kJunk("\xff\0junk", 6);

OutgoingRecord junk(int n) {
  OutgoingRecord record;
  record.topic = "voices.recordings";
  record.key = n % 2 == 0 ? "" : "junk";
  record.value = kJunk;
  return record;
}

TEST(Archiver, StoresAllOfSeveralPartitionsAndCommitsTheirEnds) {
  Running archive;
  archive.health.set_ready();
  for (int n = 0; n < 200; ++n) archive.consumer.push(recording(n, "voice " + std::to_string(n)), n % 3);
  for (int p = 0; p < 3; ++p) archive.consumer.assign(p);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] {
    return archive.consumer.committed(0) == 67 && archive.consumer.committed(1) == 67 &&
           archive.consumer.committed(2) == 66;
  }));
  EXPECT_EQ(archive.store.objects().size(), 400u);
  EXPECT_EQ(archive.metrics.stored.Value(), 200);
}

class ALetterThatIsTooLarge : public ::testing::TestWithParam<bool> {};

TEST_P(ALetterThatIsTooLarge, IsCutAndHoldsUpNobody) {
  Running archive;
  constexpr std::size_t kMax = 2U << 20;
  (GetParam() ? archive.letters.client_bytes_max : archive.letters.topic_bytes_max) = kMax;
  OutgoingRecord large = junk(1);
  large.value = std::string(kMax + 1, 'x');
  large.headers = {{"theirs", "kept"}};
  archive.consumer.push(large);
  archive.consumer.push(junk(2));
  archive.consumer.push(recording(1, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 3; }));
  std::size_t cut = 0;
  for (const auto& letter : archive.letters.all()) {
    const auto from = find_header(letter.headers, "x-dlq-cut-from");
    if (!from) {
      EXPECT_EQ(letter.value, kJunk);
      continue;
    }
    ++cut;
    EXPECT_EQ(*from, std::to_string(kMax + 1 + large.key->size() + std::string("theirskept").size()));
    EXPECT_EQ(letter.value, std::string(kCutLetterBytesMax, 'x'));
    EXPECT_EQ(find_header(letter.headers, "theirs"), "kept");
    EXPECT_EQ(find_header(letter.headers, "__connect.errors.offset"), "0");
  }
  EXPECT_EQ(cut, 1u);
  EXPECT_EQ(archive.letters.all().size(), 2u);
}
INSTANTIATE_TEST_SUITE_P(ForTheClientOrItsTopic, ALetterThatIsTooLarge, ::testing::Bool());

TEST(Archiver, FiftyJunkEventsBetweenGoodOnesAreDeadLettersAndDelayNobody) {
  Running archive;
  for (int n = 0; n < 50; ++n) {
    archive.consumer.push(recording(n, "voice"));
    archive.consumer.push(junk(n));
  }
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 100; }));
  EXPECT_EQ(archive.store.objects().size(), 100u);
  const auto letters = archive.letters.all();
  ASSERT_EQ(letters.size(), 50u);
  for (const auto& letter : letters) {
    EXPECT_EQ(letter.topic, "dlq.voices.recordings.archive.test");
    EXPECT_EQ(letter.value, kJunk);
    EXPECT_TRUE(find_header(letter.headers, "x-dlq-reason"));
  }
}

TEST(Archiver, NothingBehindADeadLetterIsCommittedBeforeItIsAcknowledged) {
  Running archive;
  archive.letters.hold = true;
  archive.consumer.push(recording(0, "voice"));
  archive.consumer.push(junk(1));
  archive.consumer.push(recording(2, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(
      Running::eventually([&] { return archive.store.objects().size() == 4 && archive.consumer.committed() == 1; }));
  const int polls = archive.consumer.polls;
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.polls > polls + 20; }));
  EXPECT_EQ(archive.consumer.committed(), 1);
  archive.letters.release();
  EXPECT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 3; }));
}

TEST(Archiver, ADeadLetterSurvivesAFullQueueAndAProducerThatFailsForGood) {
  Running archive;
  archive.letters.refuse_next = 3;
  archive.letters.fail_next = 2;
  archive.consumer.push(junk(1));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 1; }));
  EXPECT_EQ(archive.letters.all().size(), 1u);
}

TEST(Archiver, AStoreThatIsAwayPausesAndDegradesAndLosesNothing) {
  Running archive;
  archive.health.set_ready();
  archive.store.away = true;
  for (int n = 0; n < 60; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.paused() == 1 && archive.degraded(); }));
  const int polls = archive.consumer.polls;  // the group must go on hearing of this member
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.polls > polls + 10; }));
  EXPECT_EQ(archive.consumer.committed(), -1);
  archive.store.away = false;
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 60; }));
  EXPECT_EQ(archive.store.objects().size(), 120u);
  EXPECT_TRUE(archive.letters.all().empty());
  EXPECT_FALSE(archive.degraded());
  EXPECT_EQ(archive.consumer.paused(), 0u);
}

TEST(Archiver, APauseThatIsRefusedIsTriedAgainAndNothingIsReadMeanwhile) {
  Running archive;
  archive.store.away = true;
  archive.consumer.fail_pauses = 3;
  for (int n = 0; n < 60; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.paused() == 1; }));
  EXPECT_EQ(archive.consumer.fail_pauses, 0);
  EXPECT_EQ(archive.metrics.in_flight.Value(), 16);  // in_flight_max
  archive.store.away = false;
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 60; }));
}

// Found by its effect: a question waits behind the fetch that waits for records, half a second for each partition, and
// so did every voice that came in that time.
TEST(Archiver, TellsHowFarBehindItIsWithoutAQuestionBesideAFetch) {
  Running archive;
  for (int p = 0; p < 6; ++p) archive.consumer.assign(p);
  archive.begin();
  for (int n = 0; n < 60; ++n) archive.consumer.push(recording(n, "voice"), n % 6);
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.stored.Value() == 60; }));
  archive.store.away = true;
  for (int n = 60; n < 160; ++n) archive.consumer.push(recording(n, "voice"), n % 6);
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.lag_events.Value() == 100; }));
  EXPECT_EQ(archive.consumer.questions_beside_fetches, 0);
  archive.store.away = false;
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.lag_events.Value() == 0; }));
  EXPECT_EQ(archive.consumer.questions_beside_fetches, 0);
}

TEST(Archiver, ErrorsNowAndThenChangeNothingInTheEnd) {
  Running archive;
  for (int n = 0; n < 100; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  for (int i = 0; i < 20; ++i) {
    archive.store.fail_calls = 2;
    archive.store.lose_answers = 2;
    ASSERT_TRUE(Running::eventually([&] {
      return (archive.store.fail_calls == 0 && archive.store.lose_answers == 0) || archive.consumer.committed() == 100;
    }));
  }
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 100; }));
  EXPECT_EQ(archive.store.objects().size(), 200u);
  EXPECT_TRUE(archive.letters.all().empty());
}

TEST(Archiver, ATombstoneWinsOverItsRecordingHoweverSlowTheStore) {
  Running archive;
  // No object is put before all that follows is handed out: without the order by key, erasures would come first.
  std::promise<void> all_handed_out;
  const auto handed_out = all_handed_out.get_future().share();
  archive.store.before_put = [handed_out](const std::string& name) {
    if (name.ends_with(".webm")) handed_out.wait();
  };
  for (int n = 0; n < 8; ++n) {  // in_flight_max in all
    archive.consumer.push(recording(n, "voice"));
    archive.consumer.push(erasure(n));
  }
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.in_flight.Value() == 16; }));
  all_handed_out.set_value();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 16; }));
  EXPECT_TRUE(archive.store.objects().empty());
}

TEST(Archiver, ReadingEverythingAgainGivesTheSameStore) {
  Running first;
  const auto fill = [](Running& archive) {
    for (int n = 0; n < 30; ++n) archive.consumer.push(recording(n, "voice"));
    archive.consumer.push(erasure(3));
    archive.consumer.push(junk(1));
    archive.consumer.assign(0);
  };
  fill(first);
  first.begin();
  ASSERT_TRUE(Running::eventually([&] { return first.consumer.committed() == 32; }));
  const auto names = [](Running& archive) {
    std::vector<std::string> all;
    for (const auto& [name, object] : archive.store.objects()) all.push_back(name + "=" + object.data);
    return all;
  };
  const auto once = names(first);
  first.consumer.revoke(0);
  first.consumer.assign(0);  // from the start
  ASSERT_TRUE(Running::eventually([&] { return first.metrics.redelivered.Value() == 29; }));
  ASSERT_TRUE(Running::eventually([&] { return first.metrics.erased.Value() == 2; }));
  first.end();
  EXPECT_EQ(names(first), once);
}

TEST(Archiver, ARevokedPartitionIsFinishedAndCommittedBeforeItGoes) {
  Running archive;
  for (int n = 0; n < 10; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return !archive.store.objects().empty(); }));
  archive.consumer.revoke(0);
  std::atomic<std::int64_t> committed{-2};
  archive.consumer.in_next_poll([&] { committed = archive.consumer.committed(); });
  ASSERT_TRUE(Running::eventually([&] { return committed != -2; }));
  // What was committed is stored whole.
  const auto objects = archive.store.objects();
  for (int n = 0; n < committed; ++n) EXPECT_TRUE(objects.contains(object_name(n, "json"))) << n;
}

TEST(Archiver, ARevocationDuringAnOutageIsQuickAndCommitsNothingUnstored) {
  Running archive;
  archive.store.away = true;
  for (int n = 0; n < 10; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.store.puts > 4; }));
  archive.consumer.revoke(0);
  archive.consumer.assign(0);
  archive.consumer.in_next_poll([&] { archive.store.away = false; });
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 10; }));
  EXPECT_EQ(archive.store.objects().size(), 20u);
}

TEST(Archiver, AStopFinishesWhatWasReadAndCommitsIt) {
  auto settings = quick();
  settings.commit_interval = std::chrono::hours(1);
  settings.commit_records = 1'000'000;
  Running archive(settings);
  for (int n = 0; n < 50; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.store.objects().size() >= 20; }));
  archive.end();
  const auto objects = archive.store.objects();
  EXPECT_EQ(archive.consumer.commits, 1);
  EXPECT_EQ(archive.consumer.committed(), static_cast<std::int64_t>(objects.size() / 2));
}

TEST(Archiver, AStopDuringAnOutageEndsSoonAndCommitsNothing) {
  auto settings = quick();
  settings.retry_delay_min = std::chrono::hours(1);
  settings.retry_delay_max = std::chrono::hours(1);
  Running archive(settings);
  archive.store.away = true;
  for (int n = 0; n < 50; ++n) archive.consumer.push(recording(n, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.store.puts == 4; }));
  const auto began = std::chrono::steady_clock::now();
  archive.end();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(archive.consumer.commits, 0);
}

// As after a log was cut: what is under way belongs to records that are gone.
TEST(Archiver, APartitionThatIsReadAgainCommitsNothingBeforeItIsStoredAgain) {
  Running archive;
  for (int i = 0; i < 4; ++i) archive.consumer.push(recording(i, "voice"));
  archive.consumer.assign(0);
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 4; }));
  archive.store.away = true;
  archive.consumer.push(recording(4, "voice"));
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.in_flight.Value() == 1; }));
  archive.consumer.assign(0, 1);
  ASSERT_TRUE(Running::eventually([&] { return archive.metrics.in_flight.Value() >= 4; }));
  const int commits = archive.consumer.commits;
  EXPECT_EQ(archive.consumer.committed(), 4);
  archive.store.away = false;
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 5; }));
  EXPECT_GT(archive.consumer.commits, commits);
}

TEST(Archiver, KafkaAwayIsWaitedForAndSaid) {
  Running archive;
  archive.health.set_ready();
  archive.consumer.away = true;
  archive.consumer.push(recording(0, "voice"));
  archive.begin();
  ASSERT_TRUE(Running::eventually([&] { return archive.health.report().problems.contains("kafka"); }));
  archive.consumer.away = false;
  archive.consumer.assign(0);
  ASSERT_TRUE(Running::eventually([&] { return archive.consumer.committed() == 1; }));
  EXPECT_FALSE(archive.degraded());
}

TEST(Archiver, ALossIsSaidWithItsRange) {
  Running archive;
  archive.health.set_ready();
  archive.begin();
  archive.consumer.lose(0, Offset(5), {Offset(9), Offset(20)});
  ASSERT_TRUE(Running::eventually([&] { return archive.degraded(); }));
  const auto problems = archive.health.report().problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems.begin()->second.find("offsets 5 to 8"), std::string::npos) << problems.begin()->second;
  EXPECT_EQ(archive.metrics.lost.Value(), 4);
}

}  // namespace
}  // namespace antiphon::archive
