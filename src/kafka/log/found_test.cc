// What the simulation (sim/broker) and flipped bits found in the log, each made small.
#include <fmt/format.h>

#include <limits>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

using antiphon::testing::Fault;
using antiphon::testing::FileOperation;
const std::string kSegment = "/data/t-0/00000000000000000000.log";

class Found : public ::testing::Test, public TestLog {
 protected:
  void SetUp() override {
    must_open();
    ASSERT_TRUE(create("t", 2));
  }
  void fail(FileOperation operation, const std::string& path, Fault::Kind kind, std::uint64_t count = 1) {
    Fault fault;
    fault.kind = kind;
    fault.only = operation;
    fault.path_contains = path;
    fault.count = count;
    files.inject(fault);
  }
  void kill_and_open() {
    log.reset();
    files.kill_process();
    must_open();
  }
};

// The kernel keeps pages whose write failed, readable and clean: a start that reads them and syncs makes nothing
// durable.
TEST_F(Found, AStartAfterAFailedSyncWritesAnewWhatTheCacheAloneHolds) {
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
  sync();
  append(partition("t", 1), batch_of({"acks=1"}), Durability::kWritten);
  fail(FileOperation::kSync, ".log", Fault::Kind::kLostPages, 2);
  checkpoint();  // both partitions' segments are in the cache only from now on
  ASSERT_TRUE(partition().failure());
  kill_and_open();
  ASSERT_EQ(read_all(partition(), Offset(3)).size(), 3U);
  sync();
  ASSERT_EQ(partition("t", 1).high_watermark(), Offset(1)) << "it is served";
  crash(0);  // nothing but what was synced
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(read_all(partition(), Offset(3)).size(), 3U);
  EXPECT_EQ(partition("t", 1).log_end_offset(), Offset(1)) << "what a start has served is durable";
}

// Seeds 61312, 324156: whatever the failed process could or could not write down, and however it ended.
TEST_F(Found, NoMemoryOfAFailedSyncIsNeeded) {
  for (const bool orderly : {false, true}) {
    const auto end = Offset(partition().log_end_offset().value() + 3);
    for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
    sync();
    append(partition("t", 1), batch_of({"acks=1"}), Durability::kWritten);
    fail(FileOperation::kSync, ".log", Fault::Kind::kLostPages, 2);
    checkpoint();
    if (orderly) (void)log->close();
    kill_and_open();
    sync();
    const Offset served = partition("t", 1).high_watermark();
    crash(0);
    must_open();
    EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    EXPECT_EQ(read_all(partition(), end).size(), static_cast<std::size_t>(end.value()));
    EXPECT_GE(partition("t", 1).log_end_offset(), served) << "what a start has served is durable";
  }
}

// Seed 304005: the first append failed, and left an empty file whose name only the cache held.
TEST_F(Found, TheNameOfAnEmptySegmentThatAStartFindsIsSyncedWithItsFirstBytes) {
  fail(FileOperation::kWrite, ".log", Fault::Kind::kIo);
  ASSERT_EQ(append(partition(), batch_of({"refused"})).status, AppendStatus::kStorageError);
  kill_and_open();
  append(partition(), batch_of({std::string(100'000, 'x')}));  // past the journal
  for (const auto& settled : sync()) ASSERT_EQ(settled.error, nullptr);
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(read_all(partition(), Offset(1)).size(), 1U);
}

TEST_F(Found, ACheckpointBesideTheSyncOfWhatAStartFoundSaysNothingOfIt) {
  append(partition(), batch_of({"acks=1"}), Durability::kWritten);
  append(partition("t", 1), batch_of({"acks=1"}), Durability::kWritten);
  fail(FileOperation::kSync, ".log", Fault::Kind::kLostPages, 2);
  checkpoint();
  kill_and_open();
  checkpoint();  // it would sync clean pages
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
}

TEST_F(Found, AGroupThatLeavesAFailedPartitionOutLeavesNoHoleInTheJournal) {
  append(partition(), batch_of({"first"}));
  append(partition("t", 1), batch_of({"first"}));
  sync();
  // The partition fails by a job while a group with a large batch of it is queued already.
  append(partition(), batch_of({std::string(9'000, 'x')}));
  append(partition("t", 1), batch_of({"second"}));
  fail(FileOperation::kSync, kSegment, Fault::Kind::kIo);
  auto job = log->begin_job();
  ASSERT_NE(job, nullptr);
  job->run();
  sync();
  append(partition("t", 1), batch_of({"third"}));
  EXPECT_EQ(sync().front().error, nullptr);
  job.reset();  // its checkpoint is as if it had never been: the journal is read from before
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition("t", 1).log_end_offset(), Offset(3));
}

TEST(FoundAtTheFirstStart, AJournalPageThatOnlyTheCacheHoldsIsWrittenAnew) {
  TestLog test;
  Fault fault;
  fault.kind = Fault::Kind::kLostPages;
  fault.only = FileOperation::kSync;
  fault.path_contains = "journal";
  test.files.inject(fault);
  ASSERT_FALSE(test.open());
  test.must_open();
  ASSERT_TRUE(test.create("t", 1));
  test.append(test.partition(), batch_of({"promised"}));
  ASSERT_EQ(test.sync().front().error, nullptr);
  test.crash(0);
  test.must_open();
  EXPECT_TRUE(test.log->recovery().damage.empty()) << test.log->recovery().damage.front();
  EXPECT_EQ(test.partition().log_end_offset(), Offset(1));
}

TEST_F(Found, AJobThatFailedIsNotDueAtOnceAgain) {
  append(partition(), batch_of({"x"}));
  sync();
  fail(FileOperation::kWrite, "checkpoint", Fault::Kind::kNoSpace, std::numeric_limits<std::uint64_t>::max());
  checkpoint();
  EXPECT_FALSE(log->job_due()) << "a full disk would keep a core busy";
  clock.advance(std::chrono::seconds(20));
  EXPECT_TRUE(log->job_due());
  files.clear_faults();
  checkpoint();
  EXPECT_EQ(log->metrics().checkpoints, 1U);
}

// A failed partition keeps its older checkpoint, which names segments that were dropped since.
TEST_F(Found, FilesThatAFailedPartitionsCheckpointNamesAreNotRemoved) {
  append(partition(), batch_of({"0"}));
  sync();
  checkpoint();
  ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "100"}, {"retention.ms", "-1"}}));
  for (int i = 1; i < 4; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
  sync();
  ASSERT_TRUE(partition().advance_log_start(Offset(2)));
  ASSERT_EQ(log->apply_retention(clock.wall_now()).size(), 2U);
  fail(FileOperation::kSync, "/data/t-0", Fault::Kind::kIo);
  checkpoint();
  ASSERT_TRUE(partition().failure());
  kill_and_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition().log_end_offset(), Offset(4));
}

// Seed 82624 of the simulation: a start took the partition for an empty one.
TEST_F(Found, WhatTheLastCheckpointSaysOfAFailedPartitionIsNotLostWhereItCannotBeRead) {
  ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "100"}, {"retention.ms", "-1"}}));
  for (int i = 0; i < 4; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
  sync();
  ASSERT_TRUE(partition().advance_log_start(Offset(2)));
  ASSERT_EQ(log->apply_retention(clock.wall_now()).size(), 2U);
  checkpoint();
  append(partition(), batch_of({"4"}));
  sync();
  fail(FileOperation::kSync, "/data/t-0", Fault::Kind::kIo);
  fail(FileOperation::kRead, "/data/checkpoint", Fault::Kind::kIo);
  checkpoint();
  ASSERT_TRUE(partition().failure());
  kill_and_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition().log_start_offset(), Offset(2));
  EXPECT_EQ(partition().log_end_offset(), Offset(5));
}

// Retention had dropped a segment; before its file went, its topic was deleted and another one made with that name.
TEST_F(Found, WhatWasToBeRemovedOfADeletedTopicIsNotRemovedFromTheNextOneOfItsName) {
  for (const bool under_way : {false, true}) {
    ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "100"}, {"retention.ms", "-1"}}));
    for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
    sync();
    ASSERT_TRUE(partition().advance_log_start(Offset(2)));
    ASSERT_EQ(log->apply_retention(clock.wall_now()).size(), 2U);
    auto job = under_way ? log->begin_job() : nullptr;
    ASSERT_TRUE(log->delete_topic("t", "test"));
    ASSERT_TRUE(create("t", 2));
    append(partition(), batch_of({"promised"}));
    ASSERT_EQ(sync().back().error, nullptr);
    if (!job) job = log->begin_job();
    ASSERT_NE(job, nullptr);
    job->run();
    log->finish_job(std::move(job));
    kill_and_open();
    ASSERT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    ASSERT_EQ(partition().log_end_offset(), Offset(1));
  }
}

// A note in the journal says that all below is durable: also what stands in a segment that retention has just dropped.
TEST_F(Found, ADroppedSegmentIsSyncedWithWhatFollowsUntilACheckpointSaysThatItIsGone) {
  ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "200"}, {"retention.ms", "-1"}}));
  for (int i = 0; i < 4; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  ASSERT_TRUE(partition().advance_log_start(Offset(2)));
  ASSERT_EQ(log->apply_retention(clock.wall_now()).size(), 1U);
  append(partition(), batch_of({"promised"}));
  ASSERT_EQ(sync().back().error, nullptr);
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition().log_end_offset(), Offset(5));
}

// Seed 327932: a checkpoint that was not written had synced the segments that stay, and no others.
TEST_F(Found, ACheckpointThatWasNotWrittenMakesNoDroppedSegmentDurable) {
  ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "200"}, {"retention.ms", "-1"}}));
  for (int i = 0; i < 4; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  ASSERT_TRUE(partition().advance_log_start(Offset(2)));
  ASSERT_EQ(log->apply_retention(clock.wall_now()).size(), 1U);
  fail(FileOperation::kRename, "checkpoint", Fault::Kind::kIo);
  checkpoint();
  append(partition(), batch_of({"promised"}));
  ASSERT_EQ(sync().back().error, nullptr);
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition().log_end_offset(), Offset(5));
}

TEST_F(Found, ATopicWhoseFileCouldNotBeWrittenForSureIsNotThereTwiceLater) {
  fail(FileOperation::kSyncDirectory, "/data/topics", Fault::Kind::kIo);
  ASSERT_FALSE(create("again"));
  ASSERT_TRUE(create("again"));
  kill_and_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
}

// Seed 1572 of the simulation: what was to take the file away failed, too.
TEST_F(Found, ATopicWhoseFileCouldNotBeTakenAwayEitherIsNotThereTwiceLater) {
  for (const std::uint64_t faults : {2, 3}) {
    const std::string name = fmt::format("again{}", faults);
    fail(FileOperation::kSyncDirectory, "/data/topics", Fault::Kind::kIo, faults);
    ASSERT_FALSE(create(name));
    while (!create(name)) {
    }
    kill_and_open();
    EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  }
}

// Seed 4385: the deletion could not be made durable, a start found it in the cache and moved the folders durably, and
// the next power cut brought the topic back without them.
TEST_F(Found, ATopicWhoseDeletionAStartFindsInTheCacheAloneDoesNotComeBackWithoutItsRecords) {
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
  sync();
  fail(FileOperation::kSyncDirectory, "/data/topics", Fault::Kind::kIo);
  ASSERT_FALSE(log->delete_topic("t", "test"));
  kill_and_open();
  ASSERT_EQ(log->topic("t"), nullptr);
  crash(0);  // nothing but what was synced
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(log->topic("t"), nullptr) << "it was gone when the last life began";
}

// Seed 20031: a topic whose deletion failed is in no later checkpoint of that life, and comes back with the next one.
TEST_F(Found, ATopicWhoseDeletionFailedComesBackWithWhatTheLastCheckpointSaidOfIt) {
  for (const bool orderly : {false, true}) {
    ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "100"}, {"retention.ms", "-1"}}));
    const Offset end(partition().log_end_offset().value() + 3);
    for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
    sync();
    const Offset start(end.value() - 1);
    ASSERT_TRUE(partition().advance_log_start(start));
    ASSERT_FALSE(log->apply_retention(clock.wall_now()).empty());
    checkpoint();
    fail(FileOperation::kRename, "/data/topics", Fault::Kind::kIo);
    ASSERT_FALSE(log->delete_topic("t", "test"));
    checkpoint();
    if (orderly) {
      ASSERT_TRUE(log->close());
    }
    kill_and_open();
    ASSERT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    ASSERT_NE(log->topic("t"), nullptr);
    EXPECT_EQ(partition().log_start_offset(), start);
    EXPECT_EQ(partition().log_end_offset(), end);
  }
}

TEST_F(Found, ATopicWhoseDeletionFailedIsNotThereTwiceWhenItIsMadeAgain) {
  for (const auto operation : {FileOperation::kRename, FileOperation::kSyncDirectory}) {
    ASSERT_TRUE(create("again"));
    fail(operation, "/data/topics", Fault::Kind::kIo);
    ASSERT_FALSE(log->delete_topic("again", "test"));
    ASSERT_TRUE(create("again"));
    kill_and_open();
    EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    ASSERT_TRUE(log->delete_topic("again", "test"));
  }
}

class Flipped : public Found {
 protected:
  // Ten batches in one sealed and one active segment, all below the checkpoint of an orderly end.
  void fill() {
    ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "600"}, {"index.interval.bytes", "100"}}));
    for (int i = 0; i < 10; ++i) append(partition(), batch_of({fmt::format("{}", i)}, 1'000 + i));
    append(partition("t", 1), batch_of({"well"}));
    sync();
    batch_bytes_ = batch_of({"0"}).size();
    ASSERT_TRUE(log->close());
    log.reset();
    files.kill_process();
  }
  std::size_t batch_bytes_ = 0;
};

TEST_F(Flipped, ADamagedBatchBelowTheCheckpointIsNotServedAndItsPartitionTakesNoMore) {
  fill();
  ASSERT_TRUE(files.flip_bit(kSegment, 2 * batch_bytes_ + 65, 3));
  must_open();
  const auto slice = partition().read(Offset(0), 10'000, Offset(10));
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->next_offset, Offset(2)) << "what stands before it is served";
  const auto damaged = partition().read(Offset(2), 10'000, Offset(10));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(damaged.error().message.find(fmt::format("{} at byte {} (offset 2", kSegment, 2 * batch_bytes_)),
            std::string::npos)
      << damaged.error().message;
  EXPECT_EQ(append(partition(), batch_of({"x"})).status, AppendStatus::kStorageError);
  EXPECT_TRUE(partition().read(Offset(3), 10'000, Offset(10))) << "what stands behind it is served";
  EXPECT_EQ(append(partition("t", 1), batch_of({"x"})).status, AppendStatus::kAppended);
}

TEST_F(Flipped, ABaseOffsetThatNoCrcCoversIsCheckedByItsNeighbours) {
  fill();
  ASSERT_TRUE(files.flip_bit(kSegment, 2 * batch_bytes_ + 7, 0));  // offset 2 is 3 now, as the one behind it
  must_open();
  const auto slice = partition().read(Offset(0), 10'000, Offset(10));
  ASSERT_TRUE(slice);
  EXPECT_LE(slice->next_offset, Offset(2));
  EXPECT_TRUE(partition().failure());
}

TEST_F(Flipped, RetentionBelievesNoDamagedTimeIndex) {
  ASSERT_TRUE(log->set_topic_config(
      "t", {{"segment.bytes", "600"}, {"index.interval.bytes", "100"}, {"retention.ms", "3600000"}}));
  const std::int64_t now = to_unix_ms(clock.wall_now());
  for (int i = 0; i < 10; ++i) append(partition(), batch_of({fmt::format("{}", i)}, now + i));
  sync();
  ASSERT_TRUE(log->close());
  log.reset();
  files.kill_process();
  const std::string index = "/data/t-0/00000000000000000000.timeindex";
  const std::uint64_t size = files.durable_bytes(index)->size();
  ASSERT_GE(size, 12U);
  ASSERT_TRUE(files.flip_bit(index, size - 12 + 2, 0));  // the last entry's timestamp: years ago
  must_open();
  EXPECT_TRUE(log->apply_retention(clock.wall_now()).empty());
  EXPECT_EQ(partition().log_start_offset(), Offset(0));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
