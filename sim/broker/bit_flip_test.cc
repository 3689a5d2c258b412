// One flipped bit anywhere in a closed broker's folder, thousands of times. Whatever it hits: the broker starts, what
// it serves is what was written, what it cannot serve is named by its file and costs nobody but its partition, and no
// retention takes anything because of it. ANTIPHON_SEED runs one seed, ANTIPHON_SEEDS so many.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "core/logging.h"
#include "kafka/broker/testing/core_driver.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/messages.h"
#include "kafka/wire/record.h"

namespace antiphon::sim {
namespace {

namespace wire = kafka::wire;
using kafka::broker::testing::CoreDriver;
using wire::ErrorCode;

constexpr std::int32_t kTopics = 3;
constexpr std::int32_t kPartitions = 2;
constexpr std::int64_t kCommitted = 3;
constexpr std::uint64_t kSeedsInTests = 1'500;

class Folder {
 public:
  explicit Folder(std::uint64_t seed) : random_(seed) {
    driver_.settings.journal_bytes = 1U << 16U;
    driver_.random = SeededRandom(seed);
  }

  void fill() {
    ASSERT_TRUE(driver_.start());
    for (std::int32_t t = 0; t < kTopics; ++t) {
      wire::CreateTopicsRequest request;
      const std::string name = topic(t);
      request.topics.push_back(
          {name,
           kPartitions,
           1,
           {},
           {{"segment.bytes", "3000"}, {"retention.ms", "3600000"}, {"index.interval.bytes", "200"}}});
      ASSERT_EQ(driver_.call<wire::CreateTopicsResponse>(4, request).topics.at(0).error_code, ErrorCode::kNone);
    }
    const auto id = driver_.call<wire::InitProducerIdResponse>(1, wire::InitProducerIdRequest{});
    last_producer_id_ = id.producer_id;
    for (int batch = 0; batch < 60; ++batch) {
      const auto t = static_cast<std::int32_t>(random_.below(kTopics));
      const auto p = static_cast<std::int32_t>(random_.below(kPartitions));
      ASSERT_EQ(produce(t, p), ErrorCode::kNone);
      run_jobs();
      driver_.clock.advance(std::chrono::milliseconds(10));
    }
    wire::OffsetCommitRequest commit;
    commit.group_id = "g";
    wire::OffsetCommitRequest::Partition place;
    place.committed_offset = Offset(kCommitted);
    place.committed_metadata = "";
    const std::string first = topic(0);
    commit.topics.push_back({first, {place}});
    ASSERT_EQ(driver_.call<wire::OffsetCommitResponse>(5, commit).topics.at(0).partitions.at(0).error_code,
              ErrorCode::kNone);
    if (random_.below(3) != 0) {
      ASSERT_TRUE(driver_.core->close());
    }
    driver_.core.reset();  // else killed: the journal is needed
    driver_.files.kill_process();
  }

  void flip() {
    std::vector<std::string> files;
    list("/data", files);
    path_ = files[random_.below(files.size())];
    auto file = driver_.files.open(path_, OpenMode::kRead);
    ASSERT_TRUE(file);
    const std::uint64_t size = (*file)->size().value();
    if (size == 0) return;
    position_ = random_.below(size);
    ASSERT_TRUE(driver_.files.flip_bit(path_, position_, static_cast<unsigned>(random_.below(8))));
  }

  void check() {
    const auto started = driver_.start();
    ASSERT_TRUE(started) << started.error().message;
    driver_.clock.advance(std::chrono::minutes(1));
    driver_.core->housekeeping();
    std::set<std::pair<std::int32_t, std::int32_t>> missing;
    for (std::int32_t t = 0; t < kTopics; ++t) {
      for (std::int32_t p = 0; p < kPartitions; ++p) {
        if (read(t, p) < truth_[{t, p}].size()) missing.insert({t, p});
      }
    }
    const std::string named = all_that_is_named();
    std::set<std::int32_t> topics;
    for (const auto& [t, p] : missing) topics.insert(t);
    // Isolated: one partition, or one topic where its file is what was hit.
    EXPECT_LE(topics.size(), 1U) << where();
    if (missing.size() > 1) {
      EXPECT_NE(path_.find("/topics/"), std::string::npos) << where() << named;
    }
    const bool index = path_.find("index") != std::string::npos;
    if (index) {
      EXPECT_TRUE(missing.empty()) << where() << named;
    }
    if (!missing.empty()) {
      EXPECT_NE(named.find(path_), std::string::npos) << where() << "not named: " << named;
    }
    for (std::int32_t t = 0; t < kTopics; ++t) {
      for (std::int32_t p = 0; p < kPartitions; ++p) {
        if (missing.contains({t, p})) continue;
        times(t, p);
        EXPECT_EQ(produce(t, p), ErrorCode::kNone) << where() << named;
      }
    }
    offsets();
    const auto id = driver_.call<wire::InitProducerIdResponse>(1, wire::InitProducerIdRequest{});
    EXPECT_GT(id.producer_id, last_producer_id_) << where() << "a producer id was given out twice";
  }

  [[nodiscard]] std::string where() const { return fmt::format("bit of byte {} of {}: ", position_, path_); }

 private:
  // Checkpoints, as the background thread makes them: a full ring keeps no record of what was promised.
  void run_jobs() {
    auto& log = driver_.core->log();
    while (log.job_due()) {
      auto job = log.begin_job();
      if (job == nullptr) return;
      job->run();
      log.finish_job(std::move(job));
    }
  }

  static std::string topic(std::int32_t t) { return fmt::format("t{}", t); }

  void list(const std::string& folder, std::vector<std::string>& files) {
    const auto entries = driver_.files.list(folder);
    ASSERT_TRUE(entries) << entries.error().message;
    for (const auto& entry : *entries) {
      const std::string path = folder + "/" + entry.name;
      if (entry.is_directory) {
        list(path, files);
      } else if (entry.name != "lock") {
        files.push_back(path);
      }
    }
  }

  ErrorCode produce(std::int32_t t, std::int32_t p) {
    auto& truth = truth_[{t, p}];
    wire::BatchBuilder builder;
    const std::string value = fmt::format("{}-{}-{} {}", t, p, truth.size(), std::string(random_.below(400), '.'));
    const std::int64_t now = to_unix_ms(driver_.clock.wall_now());
    builder.add(now, std::nullopt, as_bytes(value));
    const Bytes batch = *builder.finish();
    wire::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    const std::string name = topic(t);
    request.topic_data.push_back({name, {{PartitionId(p), wire::Records::in_memory(batch)}}});
    const auto answer = driver_.call<wire::ProduceResponse>(7, request).responses.at(0).partition_responses.at(0);
    if (answer.error_code == ErrorCode::kNone) truth.push_back({value, now});
    return answer.error_code;
  }

  // How many records of the partition are served, each the right one.
  std::size_t read(std::int32_t t, std::int32_t p) {
    const auto& truth = truth_[{t, p}];
    std::size_t good = 0;
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(truth.size());) {
      wire::FetchRequest request;
      request.max_bytes = static_cast<std::int32_t>(500 + random_.below(4000));
      wire::FetchRequest::Partition asked;
      asked.partition = PartitionId(p);
      asked.fetch_offset = Offset(at);
      asked.partition_max_bytes = request.max_bytes;
      const std::string name = topic(t);
      request.topics.push_back({name, {}, {asked}});
      const auto answer = driver_.call<wire::FetchResponse>(11, request).responses.at(0).partitions.at(0);
      std::int64_t next = at;
      for (ByteView left = answer.records.bytes(); answer.error_code == ErrorCode::kNone && !left.empty();) {
        const auto batch = wire::BatchView::at(left);
        EXPECT_TRUE(batch && batch->crc_matches()) << where() << "bad bytes were served";
        if (!batch) return good;
        left = left.subspan(batch->size());
        wire::Buffer scratch;
        auto records = wire::RecordReader::open(*batch, scratch);
        wire::RecordView record;
        while (records && records->next(record)) {
          const std::int64_t offset = records->offset_of(record).value();
          if (offset < at) continue;
          const bool right = offset < static_cast<std::int64_t>(truth.size()) &&
                             as_text(*record.value) == truth[static_cast<std::size_t>(offset)].first;
          EXPECT_TRUE(right) << where() << "a wrong record was served at offset " << offset << " of " << name << "-"
                             << p;
          ++good;
          next = offset + 1;
        }
      }
      at = next > at ? next : at + 1;  // over what is damaged
    }
    return good;
  }

  void times(std::int32_t t, std::int32_t p) {
    const auto& truth = truth_[{t, p}];
    if (truth.empty()) return;
    const std::size_t wanted = random_.below(truth.size());
    wire::ListOffsetsRequest request;
    wire::ListOffsetsRequest::Partition asked;
    asked.partition_index = PartitionId(p);
    asked.timestamp = truth[wanted].second;
    const std::string name = topic(t);
    request.topics.push_back({name, {asked}});
    const auto found = driver_.call<wire::ListOffsetsResponse>(4, request).topics.at(0).partitions.at(0);
    EXPECT_EQ(found.offset, Offset(static_cast<std::int64_t>(wanted))) << where() << "by its time";
  }

  void offsets() {
    wire::OffsetFetchRequest request;
    request.group_id = "g";
    request.topics.emplace();
    const std::string first = topic(0);
    request.topics->push_back({first, {PartitionId(0)}});
    const auto answer = driver_.call<wire::OffsetFetchResponse>(3, request);
    if (answer.error_code == ErrorCode::kCoordinatorNotAvailable) {
      EXPECT_NE(all_that_is_named().find(path_), std::string::npos)
          << where() << "offsets are refused and nobody says why";
      return;
    }
    EXPECT_EQ(answer.topics.at(0).partitions.at(0).committed_offset, Offset(kCommitted))
        << where() << "the group's offset; named: " << all_that_is_named();
  }

  std::string all_that_is_named() {
    std::string text;
    const auto& report = driver_.core->log().recovery();
    for (const auto& line : report.damage) text += line + "\n";
    for (const auto& line : report.notices) text += line + "\n";
    for (const auto* meta : driver_.core->log().topics()) {
      for (std::int32_t p = 0; p < meta->partition_count; ++p) {
        const auto* partition = driver_.core->log().partition(meta->name, PartitionId(p));
        if (partition->failure()) text += partition->failure()->message + "\n";
      }
    }
    return text;
  }

  SeededRandom random_;
  CoreDriver driver_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::pair<std::string, std::int64_t>>> truth_;
  ProducerId last_producer_id_{-1};
  std::string path_;
  std::uint64_t position_ = 0;
};

TEST(BitFlips, AFlippedBitIsNamedAndCostsNobodyButItsPartition) {
  logging::Settings quiet;
  quiet.minimum = std::getenv("ANTIPHON_SEED") != nullptr ? logging::Level::kDebug : logging::Level::kOff;
  logging::configure(quiet);
  const char* const one = std::getenv("ANTIPHON_SEED");
  const char* const many = std::getenv("ANTIPHON_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : kSeedsInTests;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const auto* const result = ::testing::UnitTest::GetInstance()->current_test_info()->result();
    const int before = result->total_part_count();
    Folder folder(seed);
    folder.fill();
    if (!HasFatalFailure()) folder.flip();
    if (!HasFatalFailure()) folder.check();
    if (result->total_part_count() > before) {
      std::printf("again with ANTIPHON_SEED=%llu\n", static_cast<unsigned long long>(seed));
      ASSERT_LT(++failed, 10) << "and so on";
    }
  }
}

}  // namespace
}  // namespace antiphon::sim
