// The journal's bytes and the ring. docs/formats/log.md shows the same example.
#include "kafka/log/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "kafka/log/checkpoint.h"
#include "kafka/log/journal_reader.h"
#include "kafka/log/syncer_thread.h"
#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

std::string spaced_hex(ByteView bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    text += to_hex(bytes.subspan(at, std::min<std::size_t>(16, bytes.size() - at))) + "\n";
  }
  return text;
}

// The example's bytes, made by the code; the document must show them.
std::string worked_example() {
  TopicId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(i + 1);
  wire::BatchSettings settings;
  settings.base_offset = Offset(41);
  const Bytes batch = batch_of({"Habari"}, 1'767'225'600'000, settings);
  const auto entry_size = static_cast<std::uint32_t>(batch.size());
  const auto group_size = static_cast<std::uint32_t>(kGroupHeaderBytes + kEntryHeaderBytes + padded(batch.size(), 8));
  EntryHeader entry{3, 9, entry_size, 0, id, PartitionId(2), EntryKind::kBatch, Offset(41)};
  std::string text = "group header\n" + spaced_hex(encode_group({3, 9, group_size, 1}));
  text += "entry header\n" + spaced_hex(encode_entry(entry, batch));
  text += "batch\n" + spaced_hex(batch);
  text += "topic file\n" + spaced_hex(encode_topic({"voices.prompts", id, 6, {{"retention.ms", "-1"}}}));
  Checkpoint checkpoint;
  checkpoint.journal = {3, 9, 8192};
  PartitionCheckpoint& partition = checkpoint.partitions[{id, PartitionId(2)}];
  partition.synced_end = partition.acknowledged_end = Offset(41);
  partition.active_bytes = 2900;
  partition.active_max_time = {1'767'225'600'000, Offset(40)};
  partition.active_first_timestamp_ms = 1'767'225'500'000;
  text += "checkpoint\n" + spaced_hex(encode_checkpoint(checkpoint));
  return text;
}

TEST(JournalFormat, TheDocumentShowsTheBytesThatTheCodeWrites) {
  std::ifstream file(std::string(ANTIPHON_SOURCE_DIR) + "/docs/formats/log.md");
  std::ostringstream document;
  document << file.rdbuf();
  EXPECT_NE(document.str().find(worked_example()), std::string::npos) << "docs/formats/log.md should show:\n"
                                                                      << worked_example();
}

TEST(JournalFormat, HeadersComeBackAndAnyChangedByteIsNoticed) {
  const Bytes batch = batch_of({"x"});
  EntryHeader entry{7,         8, static_cast<std::uint32_t>(batch.size()), 3, {}, PartitionId(5), EntryKind::kBatch,
                    Offset(99)};
  const HeaderBytes bytes = encode_entry(entry, batch);
  const auto again = decode_entry(bytes, batch);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->offset, Offset(99));
  EXPECT_EQ(again->number, 3U);
  const HeaderBytes group = encode_group({7, 8, 640, 2});
  ASSERT_TRUE(decode_group(group));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    HeaderBytes changed = bytes;
    changed[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode_entry(changed, batch)) << i;
    changed = group;
    changed[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode_group(changed)) << i;
  }
  for (std::size_t i = 0; i < 21; ++i) {  // what the batch's own CRC does not cover
    Bytes changed = batch;
    changed[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode_entry(bytes, changed)) << i;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_entry(ByteView(bytes).first(size), batch));
}

TEST(JournalFormat, ACheckpointAndATopicFileComeBackAndAnyChangedByteIsNoticed) {
  TopicMeta topic{"t", {}, 3, {{"a", "b"}}};
  Checkpoint checkpoint;
  checkpoint.partitions[{topic.id, PartitionId(0)}].epochs = {{LeaderEpoch(1), Offset(0)}};
  const Bytes files[] = {encode_topic(topic), encode_checkpoint(checkpoint)};
  EXPECT_EQ(decode_topic(files[0])->config, topic.config);
  EXPECT_EQ(decode_checkpoint(files[1])->partitions.size(), 1U);
  for (const Bytes& bytes : files) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes changed = bytes;
      changed[i] ^= std::byte{1};
      EXPECT_FALSE(decode_topic(changed));
      EXPECT_FALSE(decode_checkpoint(changed));
      EXPECT_FALSE(decode_topic(ByteView(bytes).first(i)));
    }
  }
}

TEST(Journal, TheRingGoesRoundManyTimesAndNeverOverwritesWhatNoCheckpointReleased) {
  TestLog one;
  one.must_open();
  ASSERT_TRUE(one.create());
  std::size_t appended = 0;
  for (int lap = 0; lap < 40; ++lap) {
    for (int i = 0; i < 5; ++i, ++appended) {
      one.append(one.partition(), batch_of({std::string(700, 'x')}));
      for (const auto& settled : one.sync()) EXPECT_EQ(settled.error, nullptr);
    }
    EXPECT_LT(one.log->metrics().journal_used_bytes, one.settings.journal_bytes);
    if (lap % 3 == 2) one.checkpoint();
    if (lap % 7 == 6) {
      one.crash(static_cast<std::uint64_t>(lap));
      one.must_open();
      ASSERT_EQ(one.partition().log_end_offset(), Offset(static_cast<std::int64_t>(appended)));
    }
  }
}

TEST(Journal, WhatIsQueuedUnderAHoldWakesTheSyncerAtItsEndAndIsOneGroup) {
  TestLog one;
  one.must_open();
  ASSERT_TRUE(one.create());
  JournalSyncer& syncer = one.log->syncer();
  std::thread sleeper([&] { syncer.wait(std::chrono::hours(1)); });
  syncer.hold(true);
  for (int i = 0; i < 3; ++i) one.append(one.partition(), batch_of({"x"}));
  syncer.hold(false);
  sleeper.join();
  EXPECT_EQ(one.sync().size(), 3U);
  EXPECT_EQ(one.log->metrics().journal_syncs, 1U);
}

TEST(Journal, AFullRingFallsBackToSyncsOfSegments) {
  TestLog one;
  one.must_open();
  ASSERT_TRUE(one.create());
  for (int i = 0; i < 30; ++i) {  // 30 pages, the ring has 16
    one.append(one.partition(), batch_of({"x"}));
    for (const auto& settled : one.sync()) EXPECT_EQ(settled.error, nullptr);
  }
  EXPECT_GT(one.log->metrics().segment_syncs, 0U);
  EXPECT_TRUE(one.log->job_due());
  one.crash(0);
  one.must_open();
  EXPECT_EQ(one.partition().log_end_offset(), Offset(30));
}

// For ThreadSanitizer: the three threads of a broker.
TEST(Journal, ReactorSyncerAndBackgroundThreadShareALog) {
  TestLog one;
  one.settings.journal_bytes = 1 << 18;
  one.must_open();
  ASSERT_TRUE(one.create("t", 4, {{"segment.bytes", "20000"}}));
  std::atomic<int> signals{0};
  one.log->syncer().on_settled([&] { ++signals; });
  std::uint64_t settled_count = 0;
  std::vector<SettledTicket> settled;
  {
    SyncerThread syncer(one.log->syncer());
    std::thread background;
    std::unique_ptr<BackgroundJob> job;
    std::atomic<bool> job_done{false};
    for (int i = 0; i < 2000; ++i) {
      one.append(one.partition("t", i % 4), batch_of({std::string(100, 'x')}));
      one.log->poll_completed(settled);
      if (job && job_done) {
        background.join();
        one.log->finish_job(std::move(job));
      }
      if (!job && i % 100 == 0) {
        job = one.log->begin_job();
        job_done = false;
        background = std::thread([&] {
          job->run();
          job_done = true;
        });
      }
    }
    if (job) {
      background.join();
      one.log->finish_job(std::move(job));
    }
    syncer.stop();
  }
  one.log->poll_completed(settled);
  for (const SettledTicket& ticket : settled) {
    EXPECT_EQ(ticket.error, nullptr);
    EXPECT_EQ(ticket.ticket, SyncTicket(++settled_count)) << "in ascending order";
  }
  EXPECT_EQ(settled_count, 2000U);
  EXPECT_GT(signals, 0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(one.partition("t", i).high_watermark(), Offset(500));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
