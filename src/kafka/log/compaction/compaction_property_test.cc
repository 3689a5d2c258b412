// Lives of a compacted log, each from one seed: random keys, tombstones, codecs, producers, jobs and crashes, judged by
// a map of each key to its last value.
#include <fmt/format.h>

#include <cstdlib>

#include "kafka/log/compaction/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

struct Written {
  std::string key;
  std::optional<std::string> value;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), seed_(seed) {
    log_.settings.compaction_map_bytes_max = random_.below(3) == 0 ? 4'096 : 1 << 16;
    retention_ms_ = random_.below(2) == 0 ? 0 : 20'000;
  }

  void run() {
    log_.make({{"segment.bytes", fmt::format("{}", 1'500 + random_.below(4'000))},
               {"index.interval.bytes", "200"},
               {"delete.retention.ms", fmt::format("{}", retention_ms_)},
               {"max.compaction.lag.ms", random_.below(2) == 0 ? "15000" : "9223372036854775807"}});
    const std::uint64_t lives = 1 + random_.below(3);
    for (std::uint64_t life = 0; life < lives; ++life) {
      for (std::uint64_t n = random_.below(120); n > 0; --n) step();
      job_.reset();
      log_.crash(random_.next());
      log_.must_open();
      check("after a crash");
      if (::testing::Test::HasFailure()) return;
    }
    log_.compact();
    check("at the end");
  }

 private:
  void step() {
    log_.clock.advance(std::chrono::milliseconds(random_.below(2'000)));
    switch (random_.below(8)) {
      case 0:
        log_.log->apply_retention(log_.clock.wall_now());
        return;
      case 1:
      case 2:
      case 3:
        return job_step();
      default:
        return append();
    }
  }
  void job_step() {
    if (!job_) {
      job_ = log_.log->begin_job();
      return;
    }
    job_->run();
    if (random_.below(4) == 0) check("while a job is not finished");
    log_.log->finish_job(std::move(job_));
  }
  void append() {
    std::vector<KeyValue> records;
    for (std::uint64_t n = 1 + random_.below(6); n > 0; --n) {
      const std::string key = fmt::format("key {}", random_.below(random_.below(5) == 0 ? 200 : 12));
      std::optional<std::string> value = fmt::format("{}{}", next_value_++, std::string(random_.below(120), 'v'));
      if (random_.below(5) == 0) value.reset();
      records.emplace_back(key, value);
    }
    wire::BatchSettings settings;
    settings.codec = static_cast<wire::Codec>(random_.below(5));
    const bool idempotent = random_.below(3) == 0;
    if (idempotent) {
      settings.producer_id = ProducerId(static_cast<std::int64_t>(random_.below(3)));
      settings.producer_epoch = ProducerEpoch(0);
      settings.base_sequence = sequences_[settings.producer_id.value()];
      sequences_[settings.producer_id.value()] += static_cast<std::int32_t>(records.size());
    }
    const Offset base = log_.put(records, settings);
    ASSERT_EQ(base, Offset(static_cast<std::int64_t>(written_.size()))) << "seed " << seed_;
    for (auto& [key, value] : records) written_.push_back({key, value});
  }

  // Every record that is there is the one that was written at its offset, in order; of every key the last one is
  // there, but for a tombstone, which may be gone; and what is gone was superseded.
  void check(const std::string& when) {
    ASSERT_TRUE(log_.log->recovery().damage.empty()) << "seed " << seed_;
    Partition& partition = log_.partition();
    ASSERT_EQ(partition.log_end_offset(), Offset(static_cast<std::int64_t>(written_.size()))) << when << " " << seed_;
    ASSERT_EQ(partition.log_start_offset(), Offset(0)) << "seed " << seed_;
    auto verified = partition.verify();
    ASSERT_TRUE(verified) << verified.error().message;
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < written_.size(); ++i) last[written_[i].key] = i;
    std::vector<bool> there(written_.size());
    Offset before{-1};
    for (const KeyedRecord& record : read_keyed(partition, 1 + random_.below(2'000))) {
      ASSERT_GT(record.offset, before) << when << ", seed " << seed_;
      before = record.offset;
      const auto at = static_cast<std::size_t>(record.offset.value());
      ASSERT_EQ(record.key, written_[at].key) << when << ", seed " << seed_ << " offset " << at;
      ASSERT_EQ(record.value, written_[at].value) << when << ", seed " << seed_ << " offset " << at;
      there[at] = true;
    }
    for (const auto& [key, at] : last) {
      if (!written_[at].value) continue;
      ASSERT_TRUE(there[at]) << when << ", seed " << seed_ << ": the last record of " << key << " is lost, offset "
                             << at;
    }
    // A tombstone that is gone leaves no older record of its key behind.
    std::map<std::string, bool> shadow;
    for (std::size_t i = written_.size(); i-- > 0;) {
      if (there[i]) {
        const bool gone_above = shadow.contains(written_[i].key) && shadow[written_[i].key];
        ASSERT_FALSE(gone_above) << when << ", seed " << seed_ << ": offset " << i << " came back to life";
        shadow.emplace(written_[i].key, false);
      } else if (last[written_[i].key] == i) {
        shadow[written_[i].key] = true;
      }
    }
  }

  CompactedLog log_;
  SeededRandom random_;
  std::uint64_t seed_;
  std::int64_t retention_ms_ = 0;
  std::uint64_t next_value_ = 0;
  std::map<std::int64_t, std::int32_t> sequences_;
  std::vector<Written> written_;
  std::unique_ptr<BackgroundJob> job_;
};

TEST(CompactionProperty, TheLastValueOfEveryKeyIsThereAndNothingComesBack) {
  const char* const one = std::getenv("ANTIPHON_SEED");
  const char* const many = std::getenv("ANTIPHON_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : 150;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Life(seed).run();
    ASSERT_FALSE(HasFailure()) << "again with ANTIPHON_SEED=" << seed;
  }
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
