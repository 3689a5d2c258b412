// What the log's tests share: batches with known content, and a log over a file system in memory that a test drives
// step by step.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/testing/memory_file_system.h"
#include "kafka/log/log.h"
#include "kafka/wire/batch_builder.h"

namespace antiphon::kafka::log::testing {

inline Bytes batch_of(const std::vector<std::string>& values, std::int64_t timestamp_ms = 1'000,
                      const wire::BatchSettings& settings = {}) {
  wire::BatchBuilder builder(settings);
  for (const std::string& value : values) builder.add(timestamp_ms++, std::nullopt, as_bytes(value));
  auto batch = builder.finish();
  EXPECT_TRUE(batch);
  return std::move(*batch);
}

struct Record {
  Offset offset;
  std::int64_t timestamp_ms = 0;
  std::string value;
};
inline std::vector<Record> records_of(ByteView batches) {
  std::vector<Record> all;
  while (!batches.empty()) {
    auto batch = wire::BatchView::at(batches);
    if (!batch) {
      ADD_FAILURE() << batch.error().message;
      return all;
    }
    EXPECT_TRUE(batch->crc_matches());
    wire::Buffer scratch;
    auto reader = wire::RecordReader::open(*batch, scratch);
    wire::RecordView record;
    while (reader && reader->next(record)) {
      all.push_back({reader->offset_of(record), reader->timestamp_of(record), std::string(as_text(*record.value))});
    }
    batches = batches.subspan(batch->size());
  }
  return all;
}

// Everything from log start to `end`, read slice by slice.
inline std::vector<Record> read_all(Partition& partition, Offset end, std::uint64_t max_bytes = 1 << 20) {
  std::vector<Record> all;
  Offset from = partition.log_start_offset();
  while (from < end) {
    auto slice = partition.read(from, max_bytes, end);
    if (!slice || slice->length == 0) {
      ADD_FAILURE() << "nothing at offset " << from.value() << (slice ? "" : ": " + slice.error().message);
      return all;
    }
    auto bytes = read_bytes(*slice);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().message;
      return all;
    }
    for (Record& record : records_of(*bytes)) {
      if (record.offset >= from) all.push_back(std::move(record));
    }
    from = slice->next_offset;
  }
  return all;
}

class TestLog {
 public:
  TestLog() {
    settings.data_directory = "/data";
    settings.journal_bytes = 1 << 16;
    settings.open_files_max = 16;
  }

  // Opens it (again). What was open before is dropped as by a crash of the process; the files' state is the caller's.
  Result<> open() {
    log.reset();
    auto opened = Log::open(settings, files, clock, random);
    if (!opened) return std::move(opened).error();
    log = std::move(*opened);
    return {};
  }
  void must_open() {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void crash(std::uint64_t seed) {
    log.reset();
    files.crash(seed);
  }
  Partition& partition(std::string_view topic = "t", std::int32_t id = 0) {
    Partition* const found = log->partition(topic, PartitionId(id));
    EXPECT_NE(found, nullptr);
    return *found;
  }
  Result<TopicMeta> create(std::string_view name = "t", std::int32_t partitions = 1, TopicConfig config = {}) {
    return log->create_topic(name, partitions, std::move(config));
  }
  AppendResult append(Partition& to, Bytes batch, Durability durability = Durability::kSynced) {
    AppendRequest request;
    request.batches = batch;
    request.durability = durability;
    return to.append(request);
  }
  std::vector<SettledTicket> sync() {
    while (log->syncer().run_once()) {
    }
    std::vector<SettledTicket> settled;
    log->poll_completed(settled);
    return settled;
  }
  void checkpoint() {
    auto job = log->begin_job();
    ASSERT_NE(job, nullptr);
    job->run();
    log->finish_job(std::move(job));
  }

  LogSettings settings;
  antiphon::testing::MemoryFileSystem files;
  ManualClock clock;
  SeededRandom random{1};
  std::unique_ptr<Log> log;
};

}  // namespace antiphon::kafka::log::testing
