// Thousands of short lives of a log, each from one seed: random appends, syncs, checkpoints, rolls and retention, then
// a crash that drops, tears and reorders what was not synced; then a start, and the promises are looked at.
#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

struct Sent {
  Offset base;
  Offset next;
  std::vector<std::string> values;
  SyncTicket ticket;
  bool synced = false;   // kSynced was asked for
  bool settled = false;  // and promised
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), seed_(seed) {
    log_.settings.journal_bytes = 1ULL << (16 + random_.below(3));
    log_.settings.journal_batch_bytes_max = 2048 + random_.below(8192);
    log_.settings.journal_queue_bytes_max = 8192;
  }

  void run() {
    log_.must_open();
    const TopicConfig config{{"segment.bytes", fmt::format("{}", 10240 + random_.below(8192))},
                             {"retention.ms", "-1"},
                             {"index.interval.bytes", "512"}};
    ASSERT_TRUE(log_.create("t", kPartitions, config));
    const std::uint64_t lives = 1 + random_.below(3);
    for (std::uint64_t life = 0; life < lives; ++life) {
      const std::uint64_t steps = random_.below(60);
      for (std::uint64_t n = 0; n < steps; ++n) step();
      job_.reset();
      if (random_.below(3) == 0) {
        log_.log.reset();
        log_.files.kill_process();  // the cache lives on, and the next life may lose what this one finds in it
      } else {
        log_.crash(random_.next());
      }
      log_.must_open();
      if (::testing::Test::HasFatalFailure()) return;
      check();
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  static constexpr std::int32_t kPartitions = 3;

  void step() {
    switch (random_.below(8)) {
      case 0:
        log_.log->syncer().run_once();
        return;
      case 1:
        poll();
        return;
      case 2:
        job_step();
        return;
      case 3:
        serve();
        return;
      default:
        append();
        return;
    }
  }

  void append() {
    const auto id = static_cast<std::int32_t>(random_.below(kPartitions));
    Partition& partition = log_.partition("t", id);
    Sent sent;
    const std::uint64_t count = 1 + random_.below(3);
    const std::uint64_t size = random_.below(10) == 0 ? 3000 : random_.below(400);
    for (std::uint64_t i = 0; i < count; ++i) {
      sent.values.push_back(fmt::format("{}-{}", next_value_++, std::string(size, 'x')));
    }
    sent.synced = random_.below(3) != 0;
    const auto result =
        log_.append(partition, batch_of(sent.values, 1'000), sent.synced ? Durability::kSynced : Durability::kWritten);
    ASSERT_EQ(result.status, AppendStatus::kAppended) << result.error;
    sent.base = result.base_offset;
    sent.next = result.last_offset + 1;
    sent.ticket = result.ticket;
    sent_[id].push_back(std::move(sent));
  }

  void poll() {
    std::vector<SettledTicket> settled;
    log_.log->poll_completed(settled);
    for (const SettledTicket& one : settled) {
      ASSERT_EQ(one.error, nullptr) << one.error->message;
      for (auto& [id, all] : sent_) {
        for (Sent& sent : all) sent.settled = sent.settled || (sent.synced && sent.ticket == one.ticket);
      }
    }
  }

  void job_step() {
    if (!job_) {
      job_ = log_.log->begin_job();
      return;
    }
    job_->run();
    if (random_.below(4) == 0) return;  // the crash may come between, or it runs once more
    log_.log->finish_job(std::move(job_));
  }

  // What a consumer sees now, and must not see gone if all of it was asked for with acks=all.
  void serve() {
    for (std::int32_t id = 0; id < kPartitions; ++id) {
      Partition& partition = log_.partition("t", id);
      const Offset high = partition.high_watermark();
      for (const Sent& sent : sent_[id]) {
        if (!sent.synced || sent.settled) continue;
        EXPECT_TRUE(high <= sent.base) << "an unsettled batch is visible";
      }
    }
  }

  void check() {
    ASSERT_TRUE(log_.log->recovery().damage.empty()) << "seed " << seed_ << ": " << log_.log->recovery().damage.front();
    for (std::int32_t id = 0; id < kPartitions; ++id) {
      Partition& partition = log_.partition("t", id);
      ASSERT_FALSE(partition.failure());
      const Offset served = partition.high_watermark();  // the rest was promised to nobody, and is not synced yet
      const auto records = read_all(partition, partition.log_end_offset());
      auto verified = partition.verify();
      ASSERT_TRUE(verified) << verified.error().message;
      ASSERT_EQ(records.size(), static_cast<std::size_t>(partition.log_end_offset().value())) << "seed " << seed_;
      std::vector<Sent> kept;
      for (Sent& sent : sent_[id]) {
        const bool there = sent.next <= partition.log_end_offset();
        ASSERT_TRUE(there || !sent.settled) << "seed " << seed_ << ": partition " << id << " lost offset "
                                            << sent.base.value() << ", log end " << partition.log_end_offset().value();
        if (!there) {
          ASSERT_LE(partition.log_end_offset(), sent.base) << "half a batch";
          continue;
        }
        for (std::size_t i = 0; i < sent.values.size(); ++i) {
          const Record& record = records[static_cast<std::size_t>(sent.base.value()) + i];
          ASSERT_EQ(record.value, sent.values[i]) << "seed " << seed_ << " offset " << record.offset.value();
        }
        ASSERT_TRUE(!sent.settled || sent.next <= served) << "seed " << seed_ << ": what was promised is not served";
        sent.settled = sent.next <= served;         // a second crash may not take what a start serves
        sent.synced = sent.synced && sent.settled;  // its ticket is of an earlier life
        kept.push_back(std::move(sent));
      }
      sent_[id] = std::move(kept);
    }
  }

  TestLog log_;
  SeededRandom random_;
  std::uint64_t seed_;
  std::uint64_t next_value_ = 0;
  std::unique_ptr<BackgroundJob> job_;
  std::map<std::int32_t, std::vector<Sent>> sent_;
};

TEST(Crash, NothingPromisedIsLostDoubledOrOutOfOrder) {
  const char* const one = std::getenv("ANTIPHON_SEED");
  const char* const many = std::getenv("ANTIPHON_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : 2'000;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Life(seed).run();
    ASSERT_FALSE(HasFailure()) << "again with ANTIPHON_SEED=" << seed;
  }
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
