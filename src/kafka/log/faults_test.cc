// What the disk does to a log, and what the log says of it: EIO, a full disk, flipped bits, files that are gone.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

using antiphon::testing::Fault;
using antiphon::testing::FileOperation;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
const std::string kSegment = "/data/t-0/00000000000000000000.log";

class Faults : public ::testing::Test, public TestLog {
 protected:
  void SetUp() override {
    must_open();
    ASSERT_TRUE(create("t", 2));
  }
  void fail(FileOperation operation, const std::string& path, Fault::Kind kind = Fault::Kind::kIo,
            std::uint64_t count = kAll, std::uint64_t after = 0) {
    Fault fault;
    fault.kind = kind;
    fault.only = operation;
    fault.path_contains = path;
    fault.count = count;
    fault.after = after;
    files.inject(fault);
  }
  // n batches of one record "0", "1", .. in partition 0, durable.
  void fill(int n) {
    for (int i = 0; i < n; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
    sync();
  }
};

TEST_F(Faults, AFailedSyncOfTheJournalStopsAllAcksAllWritesUntilTheNextStart) {
  fill(1);
  append(partition(), batch_of({"lost?"}));
  fail(FileOperation::kSync, "/data/journal", Fault::Kind::kLostPages, 1);
  const auto settled = sync();
  ASSERT_EQ(settled.size(), 1U);
  ASSERT_NE(settled[0].error, nullptr);
  EXPECT_EQ(partition().high_watermark(), Offset(1)) << "it is not served";
  EXPECT_TRUE(log->failure());
  EXPECT_EQ(append(partition("t", 1), batch_of({"x"})).status, AppendStatus::kStorageError);
  EXPECT_EQ(append(partition("t", 1), batch_of({"x"}), Durability::kWritten).status, AppendStatus::kAppended);
  EXPECT_EQ(append(partition(), batch_of({"x"}), Durability::kWritten).status, AppendStatus::kStorageError);
  EXPECT_EQ(read_all(partition(), Offset(1)).size(), 1U);
  crash(0);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty());
  EXPECT_EQ(append(partition(), batch_of({"y"})).base_offset, Offset(1));
  EXPECT_EQ(sync().front().error, nullptr);
}

TEST_F(Faults, AFailedSyncOfASegmentFailsItsPartitionOnlyAndTheJournalKeepsWhatItNeeds) {
  fill(3);
  append(partition("t", 1), batch_of({"other"}));
  sync();
  fail(FileOperation::kSync, kSegment, Fault::Kind::kLostPages, 1);
  checkpoint();
  EXPECT_TRUE(partition().failure());
  EXPECT_FALSE(partition("t", 1).failure());
  EXPECT_EQ(append(partition(), batch_of({"x"})).status, AppendStatus::kStorageError);
  EXPECT_EQ(append(partition("t", 1), batch_of({"x"})).status, AppendStatus::kAppended);
  EXPECT_EQ(sync().front().error, nullptr);
  checkpoint();
  crash(0);  // the lost pages are gone for good
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty());
  EXPECT_EQ(read_all(partition(), Offset(3)).size(), 3U) << "from the journal";
  EXPECT_EQ(partition("t", 1).log_end_offset(), Offset(2));
}

TEST_F(Faults, AFullDiskRefusesWritesKeepsReadingAndRecoversWhenThereIsRoom) {
  fill(2);
  files.set_capacity(files.free_bytes("/").value() == 0 ? 0 : 1);
  const auto refused = append(partition(), batch_of({std::string(1000, 'x')}));
  EXPECT_EQ(refused.status, AppendStatus::kStorageError);
  EXPECT_NE(refused.error.find("No space"), std::string::npos) << refused.error;
  EXPECT_EQ(read_all(partition(), Offset(2)).size(), 2U);
  EXPECT_FALSE(create("another"));
  files.set_capacity(kAll / 2);
  EXPECT_EQ(append(partition(), batch_of({"fits"})).base_offset, Offset(2));
  EXPECT_EQ(sync().front().error, nullptr);
  crash(0);
  must_open();
  EXPECT_EQ(read_all(partition(), Offset(3)).back().value, "fits");
}

TEST_F(Faults, AWriteThatFailsHalfwayIsCutBackBeforeTheNext) {
  fill(1);
  fail(FileOperation::kWrite, kSegment, Fault::Kind::kNoSpace, 1);
  EXPECT_EQ(append(partition(), batch_of({std::string(900, 'p')})).status, AppendStatus::kStorageError);
  EXPECT_EQ(append(partition(), batch_of({"next"})).base_offset, Offset(1));
  sync();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    crash(seed);
    must_open();
    ASSERT_EQ(read_all(partition(), partition().log_end_offset()).back().value, "next");
  }
}

// Every operation of a short life fails once, in turn; then all is well again after a start, and what was acknowledged
// is there.
TEST(FaultsInTurn, NoFailedOperationLosesWhatWasAcknowledged) {
  for (const Fault::Kind kind : {Fault::Kind::kIo, Fault::Kind::kNoSpace, Fault::Kind::kLostPages}) {
    bool reached_end = false;
    for (std::uint64_t nth = 0; !reached_end && nth < 400; ++nth) {
      TestLog one;
      Fault fault;
      fault.kind = kind;
      fault.after = nth;
      one.files.inject(fault);
      std::vector<std::string> acknowledged;
      if (one.open() && one.create("t", 1, {{"segment.bytes", "300"}})) {
        for (int i = 0; i < 12; ++i) {
          const std::string value = fmt::format("{}{}", i, std::string(50, '.'));
          const auto result =
              one.append(one.partition(), batch_of({value}), i % 3 == 0 ? Durability::kWritten : Durability::kSynced);
          for (const SettledTicket& settled : one.sync()) {
            if (settled.ticket == result.ticket && settled.error == nullptr) acknowledged.push_back(value);
          }
          if (i % 4 == 3) one.checkpoint();
        }
      }
      reached_end = one.files.operations() < nth;
      one.log.reset();
      one.files.clear_faults();
      one.files.crash(nth);
      const auto opened = one.open();
      ASSERT_TRUE(opened) << "operation " << nth << ": " << opened.error().message;
      ASSERT_TRUE(one.log->recovery().damage.empty())
          << "operation " << nth << ": " << one.log->recovery().damage.front();
      std::vector<std::string> there;
      if (one.log->topic("t") != nullptr) {
        for (const Record& record : read_all(one.partition(), one.partition().log_end_offset()))
          there.push_back(record.value);
      }
      auto at = there.begin();
      for (const std::string& value : acknowledged) {
        at = std::find(at, there.end(), value);
        ASSERT_NE(at, there.end()) << value << " is lost or out of order after operation " << nth;
        ++at;
      }
    }
    EXPECT_TRUE(reached_end);
  }
}

TEST_F(Faults, Trap44AZeroTailIsNoBatch) {
  fill(2);
  checkpoint();
  log.reset();
  {
    auto file = files.open(kSegment, OpenMode::kReadWrite).value();
    ASSERT_TRUE(file->allocate(file->size().value() + 4096));
  }
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
  ASSERT_EQ(log->recovery().notices.size(), 1U);
  EXPECT_NE(log->recovery().notices[0].find("zero tail"), std::string::npos) << log->recovery().notices[0];
  EXPECT_EQ(append(partition(), batch_of({"x"})).base_offset, Offset(2));
}

TEST_F(Faults, Trap45AnOrderlyEndIsNotTrustedOnceTheLogWasOpenedAgain) {
  fill(1);
  ASSERT_TRUE(log->close());
  must_open();
  append(partition(), batch_of({"1"}));
  sync();
  crash(0);  // all that is not synced is gone: what an old "clean" mark would hide
  must_open();
  EXPECT_EQ(log->recovery().replayed_batches, 1U);
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
}

TEST_F(Faults, Trap46TheFoldersOfAcknowledgedBatchesComeBackWithThem) {
  append(partition("t", 1), batch_of({"first ever"}));
  EXPECT_FALSE(files.durable_bytes("/data/t-1/00000000000000000000.log")) << "nothing but the journal holds it";
  ASSERT_EQ(sync().front().error, nullptr);
  crash(0);
  must_open();
  EXPECT_EQ(read_all(partition("t", 1), Offset(1)).front().value, "first ever");
  EXPECT_TRUE(files.durable_bytes("/data/t-1/00000000000000000000.log")) << "recovery syncs the entry, too";
}

TEST_F(Faults, Trap47WhatARecoveryServesSurvivesTheNextCrash) {
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  log.reset();
  files.kill_process();  // the cache lives on
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(3));
  EXPECT_EQ(partition().high_watermark(), Offset(0)) << "nobody was promised it: not served before it is synced";
  sync();
  ASSERT_EQ(partition().high_watermark(), Offset(3));
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(3));
}

TEST_F(Faults, WhatNobodyWasPromisedKeepsNobodyWaitingAtAStart) {
  append(partition(), batch_of({"promised"}));
  sync();
  checkpoint();
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  log.reset();
  files.kill_process();
  must_open();
  const AppendResult later = append(partition(), batch_of({"acks=all"}));
  EXPECT_EQ(later.base_offset, Offset(4)) << "appends need not wait";
  EXPECT_EQ(partition().high_watermark(), Offset(1));
  EXPECT_EQ(read_all(partition(), partition().high_watermark()).size(), 1U);
  crash(0);  // before the sync: what nobody was promised is gone, as it might have been without a start between
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
  EXPECT_EQ(partition().log_end_offset(), Offset(1));
}

TEST_F(Faults, AnAcknowledgedAppendBehindWhatAStartLeftUnsyncedIsNeverAloneOnTheDisk) {
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  log.reset();
  files.kill_process();
  must_open();
  append(partition(), batch_of({"acks=all"}));
  for (const auto& settled : sync()) EXPECT_EQ(settled.error, nullptr);
  append(partition(), batch_of({"and one more"}));
  for (const auto& settled : sync()) EXPECT_EQ(settled.error, nullptr);
  for (const std::uint64_t seed : {0, 1, 2}) {
    crash(seed);
    must_open();
    EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    EXPECT_EQ(read_all(partition(), Offset(5)).size(), 5U);
  }
}

TEST_F(Faults, Trap48DeletedOrRuinedIndexesAreMadeAnew) {
  ASSERT_TRUE(log->set_topic_config("t", {{"segment.bytes", "3000"}, {"index.interval.bytes", "100"}}));
  for (int i = 0; i < 60; ++i)
    append(partition(), batch_of({std::string(40, 'x')}, 1000 + i * 10), Durability::kWritten);
  const auto entries = files.list("/data/t-0").value();
  for (const std::string damage : {"deleted", "flipped"}) {
    ASSERT_TRUE(log->close());
    log.reset();
    for (const DirectoryEntry& entry : entries) {
      if (entry.name.find("index") == std::string::npos) continue;
      if (damage == "deleted") {
        ASSERT_TRUE(files.remove("/data/t-0/" + entry.name));
      }
      if (damage == "flipped" && entry.name.ends_with(".index")) {
        for (std::uint64_t at = 0; at < 200; at += 4) ASSERT_TRUE(files.flip_bit("/data/t-0/" + entry.name, at + 2, 1));
      }
    }
    must_open();
    EXPECT_EQ(read_all(partition(), Offset(60), 200).size(), 60U) << damage;
    for (std::int64_t n = 0; n < 60; ++n) {
      const auto slice = partition().read(Offset(n), 100, Offset(60));
      ASSERT_TRUE(slice) << slice.error().message;
      EXPECT_EQ(slice->first_offset, Offset(n));
      EXPECT_EQ(partition().offset_for_timestamp(1000 + n * 10).value()->offset, Offset(n)) << damage;
    }
  }
}

TEST_F(Faults, Trap49AppendsAndReadsGoOnWhileASyncIsUnderWay) {
  append(partition(), batch_of({"a"}));
  auto job = log->begin_job();  // begun, not finished; and a group that is queued, not synced
  append(partition(), batch_of({"b"}));
  append(partition(), batch_of({"c"}), Durability::kWritten);
  EXPECT_EQ(read_all(partition(), Offset(3)).size(), 3U);
  EXPECT_EQ(log->begin_job(), nullptr);
  job->run();
  append(partition(), batch_of({"d"}));
  log->finish_job(std::move(job));
  sync();
  EXPECT_EQ(partition().high_watermark(), Offset(4));
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(4));
}

TEST_F(Faults, AFlippedBitInASyncedSegmentIsNamedAndIsolatedToItsPartition) {
  fill(3);
  append(partition("t", 1), batch_of({"well"}));
  sync();
  checkpoint();
  ASSERT_TRUE(files.flip_bit(kSegment, 65, 3));
  const auto verified = partition().verify();
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(verified.error().message.find(kSegment + " at byte 0"), std::string::npos) << verified.error().message;
  EXPECT_TRUE(partition("t", 1).verify());
}

TEST_F(Faults, AFlippedBitBehindTheCheckpointIsMendedFromTheJournal) {
  fill(3);
  ASSERT_TRUE(files.flip_bit(kSegment, 65, 3));
  log.reset();
  files.kill_process();
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty());
  EXPECT_EQ(log->recovery().replayed_batches, 1U);
  EXPECT_EQ(read_all(partition(), Offset(3)).size(), 3U);
  EXPECT_TRUE(partition().verify());
}

TEST_F(Faults, DamageOfAcknowledgedBytesWithoutAJournalIsNeverCutAwayInSilence) {
  settings.journal_batch_bytes_max = 1;  // all by syncs of their segment
  must_open();
  for (int i = 0; i < 3; ++i) append(partition(), batch_of({fmt::format("{}", i)}));
  append(partition("t", 1), batch_of({"well"}));
  sync();
  const std::uint64_t size = files.durable_bytes(kSegment)->size();
  ASSERT_TRUE(files.flip_bit(kSegment, size / 3 + 65, 3));  // in the second of three
  for (int round = 0; round < 2; ++round) {
    crash(0);
    must_open();
    ASSERT_EQ(log->recovery().damage.size(), 1U);
    EXPECT_NE(log->recovery().damage[0].find(fmt::format("{} at byte {}", kSegment, size / 3)), std::string::npos)
        << log->recovery().damage[0];
    EXPECT_TRUE(partition().failure());
    EXPECT_EQ(append(partition(), batch_of({"x"})).status, AppendStatus::kStorageError);
    EXPECT_EQ(read_all(partition(), partition().high_watermark()).size(), 1U) << "what stands before it is served";
    EXPECT_EQ(files.durable_bytes(kSegment)->size(), size) << "a person may still look at it";
    EXPECT_EQ(append(partition("t", 1), batch_of({"x"})).status, AppendStatus::kAppended);
    sync();
    checkpoint();
  }
}

TEST_F(Faults, AFlippedBitInTheJournalIsNamedAndLosesNothingWhileTheSegmentsAreWhole) {
  for (int i = 0; i < 4; ++i) fill(1);
  checkpoint();
  for (int i = 0; i < 4; ++i) fill(1);
  ASSERT_TRUE(
      files.flip_bit("/data/journal", 4096 + 5 * 4096 + 64 + 70, 3));  // an entry of a group with groups behind it
  log.reset();
  files.kill_process();
  must_open();
  ASSERT_EQ(log->recovery().damage.size(), 1U);
  EXPECT_NE(log->recovery().damage[0].find("/data/journal at byte 24640: entry 0 of group 6"), std::string::npos)
      << log->recovery().damage[0];
  EXPECT_EQ(partition().log_end_offset(), Offset(8));
  EXPECT_FALSE(partition().failure());
}

TEST_F(Faults, ALostCheckpointIsReplacedByReadingAll) {
  fill(20);
  checkpoint();
  fill(5);
  log.reset();
  for (const bool gone : {true, false}) {
    if (gone) {
      ASSERT_TRUE(files.remove("/data/checkpoint"));
    }
    if (!gone) {
      ASSERT_TRUE(files.flip_bit("/data/checkpoint", 30, 1));
    }
    must_open();
    EXPECT_TRUE(log->recovery().damage.empty());
    EXPECT_EQ(read_all(partition(), Offset(25)).size(), 25U);
    EXPECT_EQ(log->topics().size(), 1U);
    log.reset();
  }
}

TEST_F(Faults, ADamagedTopicFileIsNamedAndItsFoldersAreKept) {
  fill(2);
  checkpoint();
  ASSERT_TRUE(create("well"));
  const std::string path = fmt::format("/data/topics/{}.topic", to_hex_text(log->topic("t")->id));
  log.reset();
  ASSERT_TRUE(files.flip_bit(path, 12, 0));
  must_open();
  ASSERT_EQ(log->recovery().damage.size(), 1U);
  EXPECT_NE(log->recovery().damage[0].find(path), std::string::npos);
  EXPECT_EQ(log->topic("t"), nullptr);
  EXPECT_NE(log->topic("well"), nullptr);
  EXPECT_EQ(create("t").error().kind, ErrorKind::kConflict) << "nobody writes over what may be mended";
  checkpoint();
  EXPECT_TRUE(files.exists(kSegment).value());
}

TEST_F(Faults, ACutTailOfUnpromisedRecordsRaisesTheLeaderEpoch) {
  fill(2);
  checkpoint();
  append(partition(), batch_of({"acks=1"}), Durability::kWritten);
  EXPECT_EQ(partition().leader_epoch(), LeaderEpoch(0));
  ASSERT_TRUE(files.flip_bit(kSegment, files.durable_bytes(kSegment)->size() + 70, 1));
  log.reset();
  files.kill_process();
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
  EXPECT_EQ(partition().leader_epoch(), LeaderEpoch(1));
  EXPECT_EQ(partition().end_of_epoch(LeaderEpoch(0)).end_offset, Offset(2));
  append(partition(), batch_of({"new"}));
  sync();
  crash(0);
  must_open();
  EXPECT_EQ(partition().epoch_of(Offset(1)), LeaderEpoch(0));
  EXPECT_EQ(partition().epoch_of(Offset(2)), LeaderEpoch(1));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
