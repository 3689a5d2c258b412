// A life with compaction in it, again and again: its n-th step of the disk fails, or the power goes at it.
#include <fmt/format.h>

#include "kafka/log/compaction/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

using antiphon::testing::Fault;
using Table = std::map<std::string, std::string>;

std::string big(const std::string& what) { return what + std::string(300, '.'); }  // a segment each

class InTurn : public CompactedLog {
 public:
  void live() {
    if (!open()) return;
    const TopicConfig config{{"cleanup.policy", "compact"},
                             {"min.cleanable.dirty.ratio", "0"},
                             {"segment.bytes", "400"},
                             {"delete.retention.ms", "0"}};
    if (!log->topic("t") && !create("t", 1, config)) return;
    for (int i = 0; i < 9; ++i) {
      const std::string key = fmt::format("{}", i % 3);
      const bool tombstone = i == 4;
      const std::optional<std::string> value = tombstone ? std::nullopt : std::optional(big(fmt::format("{}", i)));
      const auto result = append(partition(), keyed_batch({{key, value}}, now_ms()));
      if (result.status != AppendStatus::kAppended) continue;
      for (const SettledTicket& one : sync()) {
        if (one.ticket == result.ticket && !one.error) acknowledged_ = result.last_offset;
        if (one.ticket == result.ticket && !one.error) sent_[key] = value;
      }
      if (i % 3 == 2) jobs();
    }
    jobs();
    jobs();
    reached_end = true;
  }
  void jobs() {
    log->apply_retention(clock.wall_now());
    for (int i = 0; i < 50 && one_job(); ++i) {
    }
    if (auto job = log->begin_job()) {
      job->run();
      log->finish_job(std::move(job));
    }
    log->apply_retention(clock.wall_now());
    for (int i = 0; i < 50 && one_job(); ++i) {
    }
  }
  // What was acknowledged is the table, or a later write that was not.
  void check(const std::string& what) {
    files.clear_faults();
    const auto opened = open();
    ASSERT_TRUE(opened) << what << ": " << opened.error().message;
    ASSERT_TRUE(log->recovery().damage.empty()) << what << ": " << log->recovery().damage.front();
    if (log->topic("t") == nullptr) return;
    EXPECT_TRUE(partition().verify()) << what;
    EXPECT_EQ(file_names(".swap").size() + file_names(".cleaned").size(), 0U) << what;
    ASSERT_GT(partition().log_end_offset(), acknowledged_) << what;
    Table got;
    for (const auto& record : read_keyed(partition())) {
      if (record.offset > acknowledged_) continue;
      if (record.value) got[record.key] = *record.value;
      if (!record.value) got.erase(record.key);
    }
    std::map<std::string, bool> newer;
    for (const auto& record : read_keyed(partition())) newer[record.key] |= record.offset > acknowledged_;
    for (const auto& [key, value] : sent_) {
      if (newer[key]) continue;  // an unacknowledged record supersedes it, and may have removed it
      EXPECT_EQ(got.contains(key), value.has_value()) << what << ", key " << key;
      if (value && got.contains(key)) {
        EXPECT_EQ(got[key], *value) << what << ", key " << key;
      }
    }
    EXPECT_EQ(partition().log_start_offset(), Offset(0)) << what;
  }
  bool reached_end = false;

 private:
  Offset acknowledged_{-1};
  std::map<std::string, std::optional<std::string>> sent_;
};

TEST(CompactionInTurn, NoFailedOperationLosesARecordOrBringsOneBack) {
  for (const Fault::Kind kind : {Fault::Kind::kIo, Fault::Kind::kNoSpace, Fault::Kind::kLostPages}) {
    bool through = false;
    for (std::uint64_t nth = 0; !through && nth < 3'000; ++nth) {
      InTurn one;
      Fault fault;
      fault.kind = kind;
      fault.after = nth;
      one.files.inject(fault);
      const std::uint64_t before = one.files.operations();
      one.live();
      through = one.reached_end && one.files.operations() - before <= nth;
      one.crash(nth);
      one.check(fmt::format("fault {} at operation {}", static_cast<int>(kind), nth));
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
    EXPECT_TRUE(through);
  }
}

TEST(CompactionInTurn, ACrashAtAnyStepLeavesTheOldStateOrTheNew) {
  bool through = false;
  for (std::uint64_t nth = 0; !through && nth < 3'000; ++nth) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      InTurn one;
      Fault fault;
      fault.after = nth;
      fault.count = UINT64_MAX;  // the power is gone: nothing after it reaches the disk
      one.files.inject(fault);
      const std::uint64_t before = one.files.operations();
      one.live();
      through = one.reached_end && one.files.operations() - before <= nth;
      one.crash(seed);
      one.check(fmt::format("power cut at operation {}, seed {}", nth, seed));
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_TRUE(through);
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
