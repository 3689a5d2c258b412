// Topics, appends, reads, times, retention.
#include "kafka/log/log.h"

#include <fmt/format.h>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

std::vector<std::string> values_of(const std::vector<Record>& records) {
  std::vector<std::string> values;
  for (const Record& record : records) values.push_back(record.value);
  return values;
}

class LogTest : public ::testing::Test, public TestLog {
 protected:
  void SetUp() override { must_open(); }
};

TEST_F(LogTest, ATopicAndItsSettingsSurviveARestart) {
  const auto made = create("voices.prompts", 6, {{"retention.ms", "-1"}, {"cleanup.policy", "compact"}});
  ASSERT_TRUE(made);
  ASSERT_TRUE(log->add_partitions("voices.prompts", 7));
  ASSERT_TRUE(log->set_topic_config("voices.prompts", {{"max.message.bytes", "5242880"}}));
  crash(3);
  must_open();
  const TopicMeta* const meta = log->topic("voices.prompts");
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->id, made->id);
  EXPECT_EQ(meta->partition_count, 7);
  EXPECT_EQ(meta->config, (TopicConfig{{"max.message.bytes", "5242880"}}));
  EXPECT_EQ(log->topic(made->id), meta);
  EXPECT_EQ(to_text(made->id).size(), 22U);
  EXPECT_NE(log->partition("voices.prompts", PartitionId(6)), nullptr);
  EXPECT_EQ(log->partition("voices.prompts", PartitionId(7)), nullptr);
  EXPECT_EQ(log->partition("voices.prompts", PartitionId(-1)), nullptr);
}

TEST_F(LogTest, Trap50ATopicNameCannotWalkOutOfTheDataDirectory) {
  const std::vector<std::string> bad{
      "", ".", "..", "../x", "a/b", "/etc", "a b", "a\\b", "ä", std::string("a\0b", 3), std::string(250, 'a')};
  for (const std::string& name : bad) {
    EXPECT_EQ(create(name).error().kind, ErrorKind::kInvalidInput) << name;
  }
  for (const std::string& name :
       {std::string("a"), std::string("..."), std::string("A.b_c-9"), std::string(249, 'z')}) {
    ASSERT_TRUE(create(name, 1)) << name;
    EXPECT_EQ(append(partition(name), batch_of({"x"})).status, AppendStatus::kAppended);
  }
  EXPECT_EQ(create("a").error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(create("p", 0).error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(create("p", kPartitionsPerTopicMax + 1).error().kind, ErrorKind::kInvalidInput);
}

TEST_F(LogTest, Trap50TwoLogsOnOneDataDirectoryTheSecondIsRefused) {
  const auto second = Log::open(settings, files, clock, random);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
}

TEST_F(LogTest, ADeletedTopicIsGoneAfterACrashAtAnyPointAndItsNameIsFree) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    ASSERT_TRUE(create("gone", 2));
    append(partition("gone", 1), batch_of({"old"}));
    sync();
    if (seed % 2 == 0) checkpoint();
    ASSERT_TRUE(log->delete_topic("gone", "a test asked for it"));
    EXPECT_EQ(log->partition("gone", PartitionId(0)), nullptr);
    if (seed % 3 == 0) checkpoint();
    crash(seed);
    must_open();
    EXPECT_EQ(log->topic("gone"), nullptr);
    ASSERT_TRUE(create("gone", 2));
    EXPECT_EQ(partition("gone", 1).log_end_offset(), Offset(0));
    EXPECT_EQ(append(partition("gone", 1), batch_of({"new"})).base_offset, Offset(0));
    checkpoint();
    EXPECT_EQ(values_of(read_all(partition("gone", 1), Offset(1))), std::vector<std::string>{"new"});
    ASSERT_TRUE(log->delete_topic("gone", "the next round"));
    checkpoint();
    EXPECT_TRUE(files.list("/data/trash")->empty());
  }
  EXPECT_EQ(log->delete_topic("gone", "").error().kind, ErrorKind::kNotFound);
}

TEST_F(LogTest, TheHighWatermarkPassesASyncedBatchWhenItIsDurableAndAWrittenOneAtOnce) {
  ASSERT_TRUE(create());
  Partition& p = partition();
  const auto first = append(p, batch_of({"a", "b"}), Durability::kWritten);
  EXPECT_EQ(first.ticket, SyncTicket(0));
  EXPECT_EQ(first.last_offset, Offset(1));
  EXPECT_EQ(p.high_watermark(), Offset(2));
  const auto second = append(p, batch_of({"c"}));
  EXPECT_NE(second.ticket, SyncTicket(0));
  append(p, batch_of({"d"}), Durability::kNone);
  EXPECT_EQ(p.high_watermark(), Offset(2));
  EXPECT_EQ(p.log_end_offset(), Offset(4));
  EXPECT_EQ(values_of(read_all(p, p.high_watermark())), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(p.read(Offset(2), 1 << 20, p.high_watermark())->length, 0U);
  const auto settled = sync();
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].ticket, second.ticket);
  EXPECT_EQ(settled[0].error, nullptr);
  EXPECT_EQ(p.high_watermark(), Offset(4));
  EXPECT_EQ(p.last_stable_offset(), Offset(4));
  EXPECT_FALSE(log->syncer().run_once());
}

TEST_F(LogTest, ManyAppendsBecomeDurableWithOneSyncOfTheJournal) {
  ASSERT_TRUE(create("t", 20));
  for (int i = 0; i < 20; ++i) append(partition("t", i), batch_of({"x"}));
  EXPECT_EQ(sync().size(), 20U);
  EXPECT_EQ(log->metrics().journal_syncs, 1U);
  EXPECT_EQ(log->metrics().journaled_batches, 20U);
  EXPECT_EQ(log->metrics().segment_syncs, 0U);
  EXPECT_LE(log->metrics().open_files, 20U);
}

TEST_F(LogTest, ABatchThatDoesNotFitTheJournalIsMadeDurableByItsSegment) {
  settings.journal_batch_bytes_max = 1000;
  must_open();
  ASSERT_TRUE(create());
  append(partition(), batch_of({std::string(2000, 'x')}));
  append(partition(), batch_of({"small"}));
  sync();
  EXPECT_EQ(log->metrics().segment_syncs, 1U);
  EXPECT_EQ(log->metrics().journaled_batches, 1U);
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
}

TEST_F(LogTest, Trap17TheBaseOffsetIsRewrittenAndTheBatchElseStoredAsItCame) {
  ASSERT_TRUE(create());
  const Bytes batch = batch_of({"one", "two"}, 77);
  append(partition(), batch);
  append(partition(), batch);
  const auto slice = partition().read(Offset(2), 1 << 20, Offset(4));
  ASSERT_TRUE(slice);
  const Bytes stored = read_bytes(*slice).value();
  ASSERT_EQ(stored.size(), batch.size());
  EXPECT_EQ(wire::BatchView::at(stored)->base_offset(), Offset(2));
  EXPECT_TRUE(std::equal(stored.begin() + 16, stored.end(), batch.begin() + 16));
}

TEST_F(LogTest, WhatIsNotABatchIsRefusedAndChangesNothing) {
  ASSERT_TRUE(create("t", 1, {{"segment.bytes", "500"}}));
  Bytes good = batch_of({"x"});
  Bytes cut(good.begin(), good.end() - 1);
  Bytes trailing = good;
  trailing.push_back(std::byte{0});
  Bytes old = good;
  old[16] = std::byte{1};
  Bytes negative = good;
  std::fill_n(negative.begin() + 8, 4, std::byte{0xff});
  for (const Bytes& bad : {Bytes(), cut, trailing, old, negative, Bytes(200), batch_of({std::string(600, 'x')})}) {
    EXPECT_EQ(append(partition(), bad).status, AppendStatus::kInvalidBatch);
  }
  EXPECT_EQ(partition().log_end_offset(), Offset(0));
  EXPECT_EQ(append(partition(), good).base_offset, Offset(0));
}

TEST_F(LogTest, Trap27ReadsGiveWholeBatchesAndTheFirstEvenIfOversized) {
  ASSERT_TRUE(create("t", 1, {{"segment.bytes", "2000"}, {"index.interval.bytes", "100"}}));
  Partition& p = partition();
  std::vector<std::string> sent;
  for (int i = 0; i < 60; ++i) {
    const std::string value = fmt::format("{}{}", i, std::string(static_cast<std::size_t>(i % 7) * 20, '.'));
    append(p, batch_of({value, value + "b"}), Durability::kWritten);
    sent.push_back(value);
    sent.push_back(value + "b");
  }
  for (const std::uint64_t max_bytes : {1U, 100U, 333U, 1000U, 100000U}) {
    EXPECT_EQ(values_of(read_all(p, p.log_end_offset(), max_bytes)), sent) << max_bytes;
  }
  for (std::int64_t from = 0; from < 120; ++from) {
    const auto slice = p.read(Offset(from), 300, Offset(120)).value();
    EXPECT_EQ(slice.first_offset, Offset(from - from % 2)) << "an offset inside a batch gives the whole batch";
    const auto got = records_of(read_bytes(slice).value());
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.front().offset, slice.first_offset);
    EXPECT_EQ(got.back().offset + 1, slice.next_offset);
    if (got.size() > 2) {
      EXPECT_LE(slice.length, 300U);
    }
  }
  // A batch is seen by its END: an end inside a batch shows none of it.
  EXPECT_EQ(read_all(p, Offset(10)).size(), 10U);
  EXPECT_EQ(p.read(Offset(10), 100, Offset(11))->length, 0U);
  EXPECT_EQ(p.read(Offset(120), 100, Offset(120))->length, 0U);
  EXPECT_EQ(p.read(Offset(121), 100, Offset(120)).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(p.read(Offset(-1), 100, Offset(120)).error().kind, ErrorKind::kNotFound);
}

TEST_F(LogTest, Trap34OffsetsByTimeAreRightPerRecord) {
  ASSERT_TRUE(create("t", 1, {{"segment.bytes", "1000"}, {"index.interval.bytes", "100"}}));
  Partition& p = partition();
  EXPECT_EQ(p.offset_for_timestamp(0).value(), std::nullopt);
  EXPECT_EQ(p.max_timestamp().value(), std::nullopt);
  wire::BatchSettings compressed;
  compressed.codec = wire::Codec::kGzip;
  for (int i = 0; i < 40; ++i) {
    append(p, batch_of({"a", "b", "c"}, 1000 + i * 10, i % 2 == 0 ? wire::BatchSettings{} : compressed),
           Durability::kWritten);
  }
  append(p, batch_of({"late"}, 5000), Durability::kWritten);
  append(p, batch_of({"early again"}, 1005), Durability::kWritten);
  struct Row {
    std::int64_t at;
    std::int64_t offset;
  };
  for (int restart = 0; restart < 2; ++restart) {
    Partition& now = partition();
    for (const Row row : {Row{0, 0}, Row{1000, 0}, Row{1001, 1}, Row{1003, 3}, Row{1201, 61}, Row{1212, 65},
                          Row{1392, 119}, Row{1393, 120}, Row{5000, 120}}) {
      const auto found = now.offset_for_timestamp(row.at).value();
      ASSERT_TRUE(found) << row.at;
      EXPECT_EQ(found->offset, Offset(row.offset)) << row.at;
      EXPECT_GE(found->timestamp_ms, row.at);
    }
    EXPECT_EQ(now.offset_for_timestamp(5001).value(), std::nullopt);
    EXPECT_EQ(now.max_timestamp().value()->offset, Offset(120));
    sync();
    checkpoint();
    files.kill_process();
    must_open();
  }
}

TEST_F(LogTest, RetentionByTimeAndBytesRemovesWholeSegmentsAndSaysWhy) {
  ASSERT_TRUE(create("t", 1, {{"segment.bytes", "400"}, {"retention.ms", "1000"}}));
  Partition& p = partition();
  const std::int64_t now = to_unix_ms(clock.wall_now());
  for (int i = 0; i < 20; ++i) append(p, batch_of({std::string(80, 'x')}, now - 5000 + i * 250), Durability::kWritten);
  const auto deleted = log->apply_retention(clock.wall_now());
  ASSERT_FALSE(deleted.empty());
  EXPECT_EQ(deleted[0].first_offset, Offset(0));
  EXPECT_NE(deleted[0].reason.find("retention.ms 1000"), std::string::npos) << deleted[0].reason;
  EXPECT_EQ(p.log_start_offset(), deleted.back().next_offset);
  EXPECT_EQ(p.read(Offset(0), 100, Offset(20)).error().kind, ErrorKind::kNotFound);
  EXPECT_GE(read_all(p, Offset(20)).size(), 4U) << "what is younger than a second stays";
  const Offset start = p.log_start_offset();
  checkpoint();
  EXPECT_FALSE(files.exists("/data/t-0/00000000000000000000.log").value());
  crash(1);
  must_open();
  EXPECT_EQ(partition().log_start_offset(), start);
  EXPECT_EQ(partition().log_end_offset(), Offset(20));

  ASSERT_TRUE(
      log->set_topic_config("t", {{"segment.bytes", "400"}, {"retention.ms", "-1"}, {"retention.bytes", "300"}}));
  const auto by_size = log->apply_retention(clock.wall_now());
  EXPECT_FALSE(by_size.empty());
  EXPECT_NE(by_size[0].reason.find("retention.bytes 300"), std::string::npos);
  clock.set_wall(clock.wall_now() + std::chrono::hours(1));
  ASSERT_TRUE(log->set_topic_config("t", {{"retention.ms", "1000"}}));
  EXPECT_FALSE(log->apply_retention(clock.wall_now()).empty());
  EXPECT_EQ(partition().log_start_offset(), Offset(20)) << "the last segment goes, too; offsets go on";
  checkpoint();
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_start_offset(), Offset(20));
  EXPECT_EQ(append(partition(), batch_of({"next"})).base_offset, Offset(20));
}

TEST_F(LogTest, AReaderKeepsItsSliceWhenRetentionTakesTheSegment) {
  ASSERT_TRUE(create("t", 1, {{"segment.bytes", "200"}, {"retention.bytes", "0"}}));
  append(partition(), batch_of({std::string(100, 'a')}), Durability::kWritten);
  append(partition(), batch_of({std::string(100, 'b')}), Durability::kWritten);
  const auto slice = partition().read(Offset(0), 1000, Offset(2)).value();
  EXPECT_FALSE(log->apply_retention(clock.wall_now()).empty());
  checkpoint();
  EXPECT_EQ(records_of(read_bytes(slice).value())[0].value, std::string(100, 'a'));
}

TEST_F(LogTest, AnIdempotentRepeatIsAnsweredWithItsFirstOffsetAlsoAfterACrash) {
  ASSERT_TRUE(create());
  wire::BatchSettings settings_of;
  settings_of.producer_id = ProducerId(7);
  settings_of.producer_epoch = ProducerEpoch(0);
  std::vector<Bytes> batches;
  for (int i = 0; i < 8; ++i) {
    settings_of.base_sequence = i * 2;
    batches.push_back(batch_of({"a", "b"}, 1000, settings_of));
    EXPECT_EQ(append(partition(), batches.back()).status, AppendStatus::kAppended);
    if (i == 4) {
      sync();
      checkpoint();
    }
  }
  const auto waiting = append(partition(), batches[7]);
  EXPECT_EQ(waiting.status, AppendStatus::kDuplicate);
  EXPECT_NE(waiting.ticket, SyncTicket(0)) << "the first one is not durable yet";
  sync();
  for (int round = 0; round < 2; ++round) {
    for (int i = 3; i < 8; ++i) {
      const auto repeat = append(partition(), batches[static_cast<std::size_t>(i)]);
      EXPECT_EQ(repeat.status, AppendStatus::kDuplicate) << i << " in round " << round;
      EXPECT_EQ(repeat.base_offset, Offset(i * 2));
      EXPECT_EQ(repeat.ticket, SyncTicket(0));
    }
    EXPECT_EQ(append(partition(), batches[2]).status, AppendStatus::kOutOfOrderSequence);
    crash(9);
    must_open();
    EXPECT_EQ(partition().log_end_offset(), Offset(16));
  }
}

TEST_F(LogTest, ARepeatUnderAcksAllOfAWriteUnderAcks1WaitsForItsSync) {
  ASSERT_TRUE(create());
  wire::BatchSettings one;
  one.producer_id = ProducerId(1);
  one.producer_epoch = ProducerEpoch(0);
  one.base_sequence = 0;
  const Bytes batch = batch_of({"a"}, 1000, one);
  append(partition(), batch, Durability::kWritten);
  const auto repeat = append(partition(), batch, Durability::kSynced);
  EXPECT_EQ(repeat.status, AppendStatus::kDuplicate);
  ASSERT_NE(repeat.ticket, SyncTicket(0));
  sync();
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(1));
}

TEST_F(LogTest, AnOrderlyEndLeavesNothingToRecover) {
  ASSERT_TRUE(create("t", 3));
  for (int i = 0; i < 3; ++i) append(partition("t", i), batch_of({"x"}), Durability::kWritten);
  ASSERT_TRUE(log->close());
  crash(0);
  must_open();
  EXPECT_EQ(log->recovery().scanned_bytes, 0U);
  EXPECT_EQ(log->recovery().journal_entries, 0U);
  EXPECT_TRUE(log->recovery().notices.empty());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(partition("t", i).log_end_offset(), Offset(1));
}

TEST_F(LogTest, HundredsOfPartitionsWorkWithFewOpenFiles) {
  ASSERT_TRUE(create("t", 300));
  for (int i = 0; i < 300; ++i) append(partition("t", i), batch_of({"x"}), Durability::kWritten);
  EXPECT_TRUE(log->job_due());
  checkpoint();
  for (int i = 0; i < 300; ++i) EXPECT_EQ(read_all(partition("t", i), Offset(1)).size(), 1U);
  EXPECT_LE(log->metrics().open_files, settings.open_files_max);
}

TEST_F(LogTest, TheJournalGrowsToItsSizeInTheBackground) {
  settings.journal_bytes = 4 << 20;
  settings.data_directory = "/other";
  must_open();
  EXPECT_EQ(log->metrics().journal_bytes, 512U << 10);
  EXPECT_FALSE(log->job_due());  // the first requests go first
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(log->job_due());
  checkpoint();
  EXPECT_EQ(log->metrics().journal_bytes, 4U << 20);
  EXPECT_FALSE(log->job_due());
}

TEST_F(LogTest, DeleteRecordsMovesTheStartAndItIsDurableWithTheNextCheckpoint) {
  ASSERT_TRUE(create());
  for (int i = 0; i < 5; ++i) append(partition(), batch_of({fmt::format("{}", i)}), Durability::kWritten);
  ASSERT_TRUE(partition().advance_log_start(Offset(3)));
  EXPECT_FALSE(partition().advance_log_start(Offset(6)));
  EXPECT_EQ(values_of(read_all(partition(), Offset(5))), (std::vector<std::string>{"3", "4"}));
  checkpoint();
  crash(0);
  must_open();
  EXPECT_EQ(partition().log_start_offset(), Offset(3));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
