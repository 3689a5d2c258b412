// What the tests of compaction share: records with keys, and a log whose jobs a test runs one by one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {

using KeyValue = std::pair<std::string, std::optional<std::string>>;  // no value: a tombstone

inline Bytes keyed_batch(const std::vector<KeyValue>& records, std::int64_t timestamp_ms,
                         const wire::BatchSettings& settings = {}) {
  wire::BatchBuilder builder(settings);
  for (const auto& [key, value] : records) {
    builder.add(timestamp_ms, as_bytes(key), value ? std::optional(as_bytes(*value)) : std::nullopt);
  }
  auto batch = builder.finish();
  EXPECT_TRUE(batch);
  return std::move(*batch);
}

struct KeyedRecord {
  Offset offset;
  std::int64_t timestamp_ms = 0;
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const KeyedRecord&, const KeyedRecord&) = default;
};

inline std::vector<KeyedRecord> keyed_records_of(ByteView batches) {
  std::vector<KeyedRecord> all;
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
      KeyedRecord one{reader->offset_of(record), reader->timestamp_of(record), "", std::nullopt};
      if (record.key) one.key = as_text(*record.key);
      if (record.value) one.value = std::string(as_text(*record.value));
      all.push_back(std::move(one));
    }
    EXPECT_TRUE(reader && reader->ok());
    batches = batches.subspan(batch->size());
  }
  return all;
}

// As a consumer reads: from where the last answer ended, until the end. Gaps are passed over.
inline std::vector<KeyedRecord> read_keyed(Partition& partition, std::uint64_t max_bytes = 1 << 20) {
  std::vector<KeyedRecord> all;
  const Offset end = partition.high_watermark();
  for (Offset from = partition.log_start_offset(); from < end;) {
    auto slice = partition.read(from, max_bytes, end);
    if (!slice || slice->length == 0) {
      ADD_FAILURE() << "a reader is stuck at offset " << from.value() << " of " << end.value()
                    << (slice ? "" : ": " + slice.error().message);
      return all;
    }
    auto bytes = read_bytes(*slice);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().message;
      return all;
    }
    for (KeyedRecord& record : keyed_records_of(*bytes)) {
      if (record.offset >= from) all.push_back(std::move(record));
    }
    EXPECT_GT(slice->next_offset, from);
    from = slice->next_offset;
  }
  return all;
}

// What the records say in the end: the last value of each key.
inline std::map<std::string, std::string> table_of(const std::vector<KeyedRecord>& records) {
  std::map<std::string, std::string> table;
  for (const KeyedRecord& record : records) {
    if (record.value) {
      table[record.key] = *record.value;
    } else {
      table.erase(record.key);
    }
  }
  return table;
}

class CompactedLog : public TestLog {
 public:
  // Every batch gets a segment of its own, or so.
  void make(TopicConfig more = {}) {
    must_open();
    TopicConfig config{{"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0"}, {"segment.bytes", "400"}};
    for (auto& [name, value] : more) config[name] = value;
    ASSERT_TRUE(create("t", 1, std::move(config)));
  }
  Offset put(const std::vector<KeyValue>& records, const wire::BatchSettings& batch = {}) {
    const auto result = append(partition(), keyed_batch(records, now_ms(), batch));
    EXPECT_EQ(result.status, AppendStatus::kAppended) << result.error;
    sync();
    return result.base_offset;
  }
  [[nodiscard]] std::int64_t now_ms() const { return to_unix_ms(clock.wall_now()); }

  // One job, whichever is due. False: none is.
  bool one_job() {
    if (!log->job_due()) return false;
    auto job = log->begin_job();
    if (!job) return true;
    job->run();
    log->finish_job(std::move(job));
    return true;
  }
  // Seals what can be sealed by a new record, then cleans until there is nothing left to do.
  void compact() {
    checkpoint();
    log->apply_retention(clock.wall_now());
    for (int i = 0; i < 10'000 && one_job(); ++i) {
    }
    EXPECT_FALSE(log->job_due()) << "it goes on for ever";
  }
  std::vector<std::string> file_names(const std::string& suffix, const std::string& folder = "/data/t-0") {
    std::vector<std::string> names;
    const auto entries = files.list(folder);
    if (!entries) return names;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.ends_with(suffix)) names.push_back(entry.name);
    }
    return names;
  }
};

}  // namespace antiphon::kafka::log::testing
