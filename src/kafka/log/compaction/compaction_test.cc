// A log whose partitions are compacted, step by step, on a file system in memory.
#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/compaction/testing.h"
#include "kafka/log/compaction/transactions.h"

namespace antiphon::kafka::log::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using Table = std::map<std::string, std::string>;

std::string big(const std::string& what) { return what + std::string(300, '.'); }  // a segment each

class Compaction : public ::testing::Test, public CompactedLog {
 protected:
  void put_versions(int count, const std::string& key = "k") {
    for (int i = 0; i < count; ++i) put({{key, big(fmt::format("{}", i))}});
  }
  // Later by both clocks.
  void later(std::chrono::milliseconds by) { clock.advance(by); }
  void lose(const std::string& path) {
    ASSERT_TRUE(files.remove(path));
    ASSERT_TRUE(files.sync_directory("/data"));
  }
  void expect_table(const Table& table) { EXPECT_EQ(table_of(read_keyed(partition())), table); }
};

TEST_F(Compaction, TheNewestRecordOfEachKeyStaysAtItsOffsetAndReadersPassOverTheGaps) {
  make();
  put({{"a", big("1")}});
  put({{"b", big("1")}});
  put_versions(8, "a");
  put({{"c", "in the active segment"}});
  const std::uint64_t before = partition().size_bytes();
  compact();
  const auto records = read_keyed(partition());
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].offset, Offset(1));
  EXPECT_EQ(records[1].offset, Offset(9));
  EXPECT_EQ(records[1].value, big("7"));
  EXPECT_EQ(records[2].offset, Offset(10));
  EXPECT_EQ(partition().log_start_offset(), Offset(0)) << "a reader at offset 0 is not out of range";
  EXPECT_LT(partition().size_bytes(), before / 2);
  for (std::int64_t from = 2; from <= 9; ++from) {
    const auto slice = partition().read(Offset(from), 1, Offset(11));
    ASSERT_TRUE(slice);
    EXPECT_EQ(slice->first_offset, Offset(9)) << "from " << from;
  }
  EXPECT_TRUE(partition().verify());
  EXPECT_EQ(file_names(".swap").size() + file_names(".cleaned").size(), 0U);
  EXPECT_EQ(log->metrics().compaction_records_removed, 8U);
  EXPECT_EQ(log->metrics().compaction_dirty_ratio_max, 0.0);
}

TEST_F(Compaction, NeighboursBecomeOneSegmentAndAStartFindsTheSame) {
  make();
  for (int i = 0; i < 12; ++i) put({{fmt::format("{}", i % 2), big("v")}});
  ASSERT_GE(file_names(".log").size(), 10U);
  compact();
  put({{"more", big("x")}});
  compact();
  compact();
  EXPECT_LE(file_names(".log").size(), 4U);
  const auto records = read_keyed(partition());
  crash(1);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty());
  EXPECT_EQ(read_keyed(partition()), records);
  EXPECT_EQ(partition().log_start_offset(), Offset(0));
  EXPECT_EQ(put({{"z", "1"}}), Offset(13));
}

TEST_F(Compaction, TheActiveSegmentIsNeverCleaned) {
  make({{"segment.bytes", "100000"}});
  put_versions(5);
  compact();
  EXPECT_EQ(read_keyed(partition()).size(), 5U);
}

TEST_F(Compaction, ATombstoneStaysDeleteRetentionMsAfterItWasFirstCleaned) {
  make({{"delete.retention.ms", "3600000"}});
  put({{"a", big("voice")}});
  put({{"a", std::nullopt}});
  put({{"b", big("1")}});
  put({{"b", big("2")}});
  later(hours(10));  // its age does not count
  compact();
  auto records = read_keyed(partition());
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records[0].key, "a");
  EXPECT_FALSE(records[0].value) << "who reads from the start learns of the erasure";
  later(milliseconds(3'600'001));
  put({{"b", big("3")}});
  put({{"b", big("4")}});
  compact();
  for (const auto& record : read_keyed(partition())) EXPECT_NE(record.key, "a");
  expect_table({{"b", big("4")}});
}

TEST_F(Compaction, MinCompactionLagKeepsYoungRecords) {
  make({{"min.compaction.lag.ms", "60000"}});
  put_versions(4);
  compact();
  EXPECT_EQ(read_keyed(partition()).size(), 4U);
  later(milliseconds(60'001));
  compact();
  EXPECT_LE(read_keyed(partition()).size(), 2U);
}

TEST_F(Compaction, MaxCompactionLagSealsTheActiveSegmentAndCleansWhateverTheRatioIs) {
  make({{"max.compaction.lag.ms", "60000"}, {"min.cleanable.dirty.ratio", "1"}, {"segment.bytes", "100000"}});
  put({{"a", "voice"}});
  put({{"a", std::nullopt}});
  later(milliseconds(59'000));
  compact();
  EXPECT_EQ(read_keyed(partition()).size(), 2U);
  later(milliseconds(2'000));
  compact();
  compact();
  const auto records = read_keyed(partition());
  ASSERT_EQ(records.size(), 1U) << "nothing was appended, and yet the voice is gone";
  EXPECT_EQ(records[0].offset, Offset(1));
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
  crash(3);
  must_open();
  EXPECT_EQ(partition().log_end_offset(), Offset(2));
  EXPECT_EQ(put({{"b", "1"}}), Offset(2)) << "no offset is given twice";
}

TEST_F(Compaction, TheRatioDecidesAndSettingsTakeEffectAtOnce) {
  make({{"min.cleanable.dirty.ratio", "1"}});
  put_versions(4);
  compact();
  EXPECT_EQ(read_keyed(partition()).size(), 4U) << "all is dirty, and that is not more than 1";
  ASSERT_TRUE(log->set_topic_config("t", {{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0.4"}}));
  compact();
  EXPECT_LE(read_keyed(partition()).size(), 2U);
  ASSERT_TRUE(log->set_topic_config("t", {{"cleanup.policy", "delete"}, {"segment.bytes", "400"}}));
  put_versions(4);
  compact();
  EXPECT_GE(read_keyed(partition()).size(), 4U);
}

TEST_F(Compaction, WhatIsCleanStaysKnownOverAStart) {
  make();
  put_versions(6);
  compact();
  const auto passes = log->metrics().compaction_passes;
  EXPECT_GT(passes, 0U);
  crash(5);
  must_open();
  const auto read = log->metrics().compaction_bytes_read;
  compact();
  EXPECT_EQ(log->metrics().compaction_bytes_read, read) << "nothing is dirty";
}

TEST_F(Compaction, AFullMapEndsThePassAndTheNextGoesOnThere) {
  settings.compaction_map_bytes_max = 4096;  // 96 keys
  make({{"segment.bytes", "2000"}});
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; i += 20) {
      std::vector<KeyValue> records;
      for (int k = i; k < i + 20; ++k) records.emplace_back(fmt::format("{}", k), fmt::format("{}", round));
      put(records);
    }
  }
  put({{"x", std::string(1'900, 'x')}});
  compact();
  const auto records = read_keyed(partition());
  EXPECT_EQ(records.size(), 301U);
  EXPECT_GT(log->metrics().compaction_passes, 3U);
  EXPECT_EQ(table_of(records).at("299"), "1");
}

TEST_F(Compaction, IdempotenceSurvivesTheLossOfAllRecordsOfAProducer) {
  make();
  wire::BatchSettings producer;
  producer.producer_id = ProducerId(7);
  producer.producer_epoch = ProducerEpoch(0);
  producer.base_sequence = 0;
  put({{"a", big("1")}}, producer);
  put_versions(4, "a");
  compact();
  lose("/data/checkpoint");
  crash(1);
  must_open();
  const auto again = append(partition(), keyed_batch({{"a", big("1")}}, 5, producer));
  EXPECT_EQ(again.status, AppendStatus::kDuplicate);
  EXPECT_EQ(again.base_offset, Offset(0));
}

TEST_F(Compaction, WithoutACheckpointNothingThatWasRemovedComesBackFromTheJournal) {
  make();
  put({{"a", big("1")}});
  put_versions(6, "a");
  put({{"b", "2"}});
  compact();
  const auto records = read_keyed(partition());
  for (const bool positions : {true, false}) {
    lose("/data/checkpoint");
    if (!positions) {
      ASSERT_TRUE(files.flip_bit("/data/cleaner", 9, 1));
    }
    crash(1);
    must_open();
    EXPECT_TRUE(log->recovery().damage.empty()) << log->recovery().damage.front();
    EXPECT_EQ(read_keyed(partition()), records);
    EXPECT_EQ(partition().log_end_offset(), Offset(8));
  }
}

TEST_F(Compaction, ADamagedPartitionIsLeftAloneAndNamedAndTheOthersAreCleaned) {
  must_open();
  ASSERT_TRUE(
      create("t", 2, {{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0"}, {"segment.bytes", "400"}}));
  for (const std::int32_t id : {0, 1}) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(append(partition("t", id), keyed_batch({{"k", big("x")}}, now_ms())).status, AppendStatus::kAppended);
    }
  }
  sync();
  checkpoint();
  const std::string damaged = "/data/t-0/00000000000000000001.log";
  ASSERT_TRUE(files.flip_bit(damaged, 200, 3));
  const auto before = files.durable_bytes(damaged);
  compact();
  EXPECT_EQ(log->metrics().compaction_left_alone, 1U);
  EXPECT_EQ(files.durable_bytes(damaged), before);
  EXPECT_EQ(file_names(".log").size(), 4U);
  EXPECT_LE(read_keyed(partition("t", 1)).size(), 2U);
  EXPECT_EQ(file_names(".cleaned").size(), 0U);
}

TEST_F(Compaction, AReaderThatHoldsASliceGoesOn) {
  make();
  put_versions(5);
  const auto slice = partition().read(Offset(1), 1 << 20, Offset(5));
  ASSERT_TRUE(slice);
  compact();
  const auto bytes = read_bytes(*slice);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(keyed_records_of(*bytes).front().value, big("1"));
}

TEST_F(Compaction, ReadsBetweenTheJobsOfASwapSeeTheOldOrTheNew) {
  settings.open_files_max = 8;
  make();
  for (int i = 0; i < 12; ++i) put({{fmt::format("{}", i % 3), big(fmt::format("{}", i))}});
  const auto table = table_of(read_keyed(partition()));
  checkpoint();
  log->apply_retention(clock.wall_now());
  for (int i = 0; i < 1'000 && log->job_due(); ++i) {
    auto job = log->begin_job();
    if (!job) continue;
    job->run();
    EXPECT_EQ(table_of(read_keyed(partition())), table) << "while job " << i << " is not finished";
    log->finish_job(std::move(job));
    EXPECT_EQ(table_of(read_keyed(partition())), table) << "after job " << i;
  }
}

TEST_F(Compaction, OffsetsByTimeStayRight) {
  make({{"index.interval.bytes", "1"}});
  std::vector<std::int64_t> times;
  for (int i = 0; i < 12; ++i) {
    later(milliseconds(1'000));
    times.push_back(now_ms());
    put({{fmt::format("{}", i % 4), big("v")}});
  }
  compact();
  const auto records = read_keyed(partition());
  for (const std::int64_t time : times) {
    const auto found = partition().offset_for_timestamp(time);
    ASSERT_TRUE(found && *found);
    const auto expected = std::find_if(records.begin(), records.end(), [&](auto& r) { return r.timestamp_ms >= time; });
    EXPECT_EQ((*found)->offset, expected->offset);
  }
  EXPECT_EQ((*partition().max_timestamp())->offset, Offset(11));
}

TEST_F(Compaction, DeletionAndCompactionTogether) {
  make({{"cleanup.policy", "compact,delete"}, {"retention.ms", "60000"}});
  put_versions(6);
  compact();
  later(milliseconds(61'000));
  put_versions(2);
  compact();
  EXPECT_EQ(partition().log_start_offset(), Offset(6));
  EXPECT_LE(read_keyed(partition()).size(), 2U);
  EXPECT_EQ(file_names(".log").front(), "00000000000000000006.log");
}

TEST_F(Compaction, ATopicThatIsDeletedInTheMiddleOfAPassAndMadeAgainIsNotTouched) {
  make();
  put_versions(6);
  checkpoint();
  log->apply_retention(clock.wall_now());
  ASSERT_TRUE(log->job_due());
  auto job = log->begin_job();
  ASSERT_TRUE(log->delete_topic("t", "test"));
  ASSERT_TRUE(create("t", 1, {{"cleanup.policy", "compact"}}));
  put({{"new", "1"}});
  job->run();
  log->finish_job(std::move(job));
  compact();
  expect_table({{"new", "1"}});
  EXPECT_EQ(file_names(".cleaned").size() + file_names(".swap").size(), 0U);
}

// Producer 7 in a transaction.
wire::BatchSettings in_transaction(std::int32_t sequence) {
  wire::BatchSettings settings;
  settings.transactional = true;
  settings.producer_id = ProducerId(7);
  settings.producer_epoch = ProducerEpoch(0);
  settings.base_sequence = sequence;
  return settings;
}

TEST_F(Compaction, NothingAtOrBehindAnOpenTransactionIsCleaned) {
  make();
  put({{"a", big("before")}});
  put({{"a", big("in a transaction")}}, in_transaction(0));
  put({{"b", big("1")}});
  put({{"b", big("2")}});
  put({{"b", big("3")}});
  compact();
  EXPECT_EQ(read_keyed(partition()).size(), 5U);
}

TEST_F(Compaction, AbortedRecordsGoAndSupersedeNothingCommittedOnesDo) {
  make({{"delete.retention.ms", "0"}});
  put({{"a", big("before")}});
  put({{"a", big("aborted")}}, in_transaction(0));
  append(partition(), wire::transaction_marker(ProducerId(7), ProducerEpoch(0), false, 0, now_ms()));
  sync();
  put({{"b", big("before")}});
  put({{"b", big("committed")}}, in_transaction(1));
  append(partition(), wire::transaction_marker(ProducerId(7), ProducerEpoch(0), true, 0, now_ms()));
  sync();
  put({{"c", big("1")}});
  put({{"c", big("2")}});
  compact();
  const auto is_there = [&](const std::string& value) {
    const auto all = read_keyed(partition());
    return std::any_of(all.begin(), all.end(), [&](const KeyedRecord& record) { return record.value == value; });
  };
  EXPECT_TRUE(is_there(big("before"))) << "the aborted record does not supersede it";
  EXPECT_FALSE(is_there(big("aborted")));
  EXPECT_TRUE(is_there(big("committed")));
  EXPECT_EQ(read_keyed(partition())[0].offset, Offset(0));
  const auto aborted = partition().aborted_transactions(Offset(0), partition().last_stable_offset());
  ASSERT_TRUE(aborted);
  ASSERT_EQ(aborted->size(), 1U) << "its marker is there, and so is its entry";
  crash(2);
  must_open();
  EXPECT_TRUE(log->recovery().damage.empty());
  EXPECT_EQ(partition().last_stable_offset(), partition().log_end_offset());
  EXPECT_EQ(partition().aborted_transactions(Offset(0), partition().last_stable_offset())->size(), 1U);
}

TEST(Transactions, AMarkerWithoutABatchBeforeItEndsNothing) {
  const KnownTransactions known{true, {{ProducerId(7), Offset(10), Offset(12), Offset(13)}}};
  TransactionTracker tracker(known);
  wire::BatchSettings settings;
  settings.transactional = true;
  settings.producer_id = ProducerId(7);
  settings.producer_epoch = ProducerEpoch(0);
  settings.base_sequence = 0;
  settings.base_offset = Offset(10);
  const Bytes aborted = keyed_batch({{"a", "1"}}, 5, settings);
  settings.base_offset = Offset(13);
  const Bytes committed = keyed_batch({{"a", "1"}}, 5, settings);
  const Bytes marker = wire::transaction_marker(ProducerId(7), ProducerEpoch(0), true, 0, 5);
  const auto view = [](const Bytes& bytes) { return *wire::BatchView::at(bytes); };
  EXPECT_EQ(tracker.fate(view(aborted)), TransactionTracker::Fate::kAborted);
  EXPECT_EQ(tracker.fate(view(committed)), TransactionTracker::Fate::kCounts);
  EXPECT_TRUE(tracker.ends_nothing(view(marker), true));
  EXPECT_FALSE(tracker.ends_nothing(view(marker), false)) << "an abort marker stays";
  EXPECT_FALSE(tracker.ends_nothing(view(committed), false));
  EXPECT_FALSE(tracker.ends_nothing(view(marker), true));
  EXPECT_TRUE(tracker.ends_nothing(view(marker), true));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
