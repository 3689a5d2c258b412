// Transactions in a partition: the last stable offset, the index of aborted ones, and what is left of both after a
// crash.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "kafka/log/testing.h"

namespace antiphon::kafka::log::testing {
namespace {

class Transactions : public TestLog, public ::testing::Test {
 protected:
  void SetUp() override {
    must_open();
    ASSERT_TRUE(create("t", 1, config));
  }
  static wire::BatchSettings of(std::int64_t producer, std::int32_t sequence, std::int16_t epoch = 0) {
    wire::BatchSettings settings;
    settings.transactional = true;
    settings.producer_id = ProducerId(producer);
    settings.producer_epoch = ProducerEpoch(epoch);
    settings.base_sequence = sequence;
    return settings;
  }
  AppendResult data(std::int64_t producer, std::int32_t sequence, std::int16_t epoch = 0) {
    return append(partition(), batch_of({"v"}, 1'000, of(producer, sequence, epoch)));
  }
  AppendResult marker(std::int64_t producer, bool commit, std::int16_t epoch = 0, std::int32_t coordinator = 0) {
    return append(partition(),
                  wire::transaction_marker(ProducerId(producer), ProducerEpoch(epoch), commit, coordinator, 1'000));
  }
  std::int64_t stable() { return partition().last_stable_offset().value(); }
  std::vector<std::pair<std::int64_t, std::int64_t>> aborted(std::int64_t from, std::int64_t end) {
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    const auto found = partition().aborted_transactions(Offset(from), Offset(end));
    EXPECT_TRUE(found);
    for (const auto& one : *found) all.emplace_back(one.producer_id.value(), one.first_offset.value());
    return all;
  }
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

  TopicConfig config{{"segment.bytes", "1000"}, {"retention.ms", "-1"}};
};

TEST_F(Transactions, TheLastStableOffsetIsTheFirstOpenOneAndMovesWhenTheMarkerIsDurable) {  // traps 32, 33
  data(1, 0);                                                                               // 0
  sync();
  EXPECT_EQ(stable(), 0);
  append(partition(), batch_of({"plain"}));  // 1
  data(2, 0);                                // 2
  sync();
  EXPECT_EQ(partition().high_watermark(), Offset(3));
  EXPECT_EQ(stable(), 0);
  EXPECT_EQ(partition().open_transaction(ProducerId(2)), Offset(2));
  marker(1, true);  // 3
  EXPECT_EQ(stable(), 0) << "a crash may still take the marker away";
  EXPECT_FALSE(partition().open_transaction(ProducerId(1)));
  sync();
  EXPECT_EQ(stable(), 2);
  marker(2, false);  // 4
  sync();
  EXPECT_EQ(stable(), 5);
  EXPECT_EQ(aborted(0, 5), (Pairs{{2, 2}}));
  EXPECT_EQ(aborted(0, 2), Pairs{}) << "behind the range";
  EXPECT_EQ(aborted(4, 5), (Pairs{{2, 2}})) << "the marker counts";
  EXPECT_EQ(aborted(5, 9), Pairs{});
}

TEST_F(Transactions, NothingAnswersForATransactionWhoseMarkerACrashTook) {
  data(1, 0);
  sync();
  marker(1, false);
  crash(7);  // the marker was never synced
  must_open();
  const bool there = partition().log_end_offset() == Offset(2);
  EXPECT_EQ(stable(), there ? 2 : 0);
  EXPECT_EQ(aborted(0, 2).size(), there ? 1U : 0U);
}

TEST_F(Transactions, WhatACoordinatorWritesForAProducerHasAnEpochAndNoSequence) {
  EXPECT_EQ(data(1, -1, 3).status, AppendStatus::kAppended);
  EXPECT_EQ(data(1, -1, 3).base_offset, Offset(1)) << "no repeat of the one before";
  EXPECT_EQ(data(1, -1, 2).status, AppendStatus::kStaleEpoch);
  EXPECT_EQ(partition().open_transaction(ProducerId(1)), Offset(0));
}

TEST_F(Transactions, ABatchOutsideOfItsOpenTransactionIsRefused) {
  data(1, 0);
  wire::BatchSettings plain = of(1, 1);
  plain.transactional = false;
  EXPECT_EQ(append(partition(), batch_of({"v"}, 1'000, plain)).status, AppendStatus::kInvalidTxnState);
  marker(1, true);
  EXPECT_EQ(append(partition(), batch_of({"v"}, 1'000, plain)).status, AppendStatus::kAppended);
}

TEST_F(Transactions, AMarkerFencesOlderEpochsOfProducerAndCoordinator) {
  data(1, 0, 3);
  EXPECT_EQ(marker(1, false, 2).status, AppendStatus::kStaleEpoch);
  EXPECT_EQ(marker(1, false, 4, 6).status, AppendStatus::kAppended);
  EXPECT_EQ(data(1, 1, 3).status, AppendStatus::kStaleEpoch);
  EXPECT_EQ(marker(1, false, 4, 5).status, AppendStatus::kCoordinatorFenced);
  EXPECT_EQ(marker(1, false, 4, 6).status, AppendStatus::kAppended) << "sent again";
  sync();
  checkpoint();
  crash(3);
  must_open();
  EXPECT_EQ(data(1, 1, 3).status, AppendStatus::kStaleEpoch);
  EXPECT_EQ(marker(1, false, 4, 5).status, AppendStatus::kCoordinatorFenced);
  EXPECT_EQ(partition().producers().find(ProducerId(1))->coordinator_epoch, 6);
}

TEST_F(Transactions, AnIdleProducerIsNotForgottenWhileItsTransactionIsOpen) {
  data(1, 0);
  data(2, 0);
  marker(2, true);
  sync();
  clock.advance(std::chrono::hours(48));
  log->apply_retention(clock.wall_now());
  EXPECT_EQ(partition().producers().size(), 1U);
  EXPECT_EQ(data(1, 5).status, AppendStatus::kOutOfOrderSequence);
}

// What the index says, over many segments, must be what a reader who saw every batch would say; also after crashes.
class Model {
 public:
  void data(std::int64_t producer, Offset offset) { open_.emplace(producer, offset); }
  void end(std::int64_t producer, bool commit, Offset marker) {
    const auto found = open_.find(producer);
    if (found == open_.end()) return;
    if (!commit) aborted_.push_back({found->second, marker, producer});
    open_.erase(found);
  }
  [[nodiscard]] Offset stable(Offset end) const {
    for (const auto& [producer, first] : open_) end = std::min(end, first);
    return end;
  }
  // Sorted by first offset.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> between(Offset from, Offset end) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    for (const auto& one : aborted_) {
      if (one.marker >= from && one.first < end) all.emplace_back(one.producer, one.first.value());
    }
    return all;
  }

 private:
  struct One {
    Offset first;
    Offset marker;
    std::int64_t producer;
  };
  std::map<std::int64_t, Offset> open_;
  std::vector<One> aborted_;
};

enum class Loss { kNone, kCheckpointGone, kIndexDamaged, kIndexGone };
struct LossCase {
  const char* name;
  Loss loss;
};
class TransactionsAfter : public Transactions, public ::testing::WithParamInterface<LossCase> {};

TEST_P(TransactionsAfter, ACrashTheyAreWhatTheLogSays) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    log.reset();
    settings.data_directory = fmt::format("/data{}", seed);
    const std::string folder = settings.data_directory + "/t-0";
    must_open();
    ASSERT_TRUE(create("t", 1, config));
    SeededRandom dice(seed);
    Model model;
    std::map<std::int64_t, std::int32_t> sequences;
    const std::uint64_t checkpoint_at = dice.below(120);
    for (std::uint64_t step = 0; step < 120; ++step) {
      const auto producer = static_cast<std::int64_t>(1 + dice.below(4));
      if (step == checkpoint_at) {
        sync();
        checkpoint();
      }
      if (dice.below(3) > 0) {
        const auto result = data(producer, sequences[producer]++);
        ASSERT_EQ(result.status, AppendStatus::kAppended) << result.error;
        model.data(producer, result.base_offset);
      } else {
        const bool commit = dice.below(2) == 0;
        const auto result = marker(producer, commit);
        ASSERT_EQ(result.status, AppendStatus::kAppended) << result.error;
        model.end(producer, commit, result.base_offset);
      }
      if (dice.below(8) == 0) sync();
    }
    sync();
    const Offset end = partition().log_end_offset();
    const auto check = [&](const char* when) {
      EXPECT_EQ(partition().log_end_offset(), end) << when << seed;
      EXPECT_EQ(partition().last_stable_offset(), model.stable(end)) << when << seed;
      for (std::int64_t from = 0; from < end.value(); from += 7) {
        for (std::int64_t to = from + 1; to <= model.stable(end).value(); to += 11) {
          EXPECT_EQ(aborted(from, to), model.between(Offset(from), Offset(to))) << when << seed;
        }
      }
    };
    check("before, seed ");
    crash(seed);
    const auto entries = files.list(folder);
    ASSERT_TRUE(entries);
    for (const auto& entry : *entries) {
      if (!entry.name.ends_with(".txnindex")) continue;
      const std::string path = folder + "/" + entry.name;
      if (GetParam().loss == Loss::kIndexGone) {
        ASSERT_TRUE(files.remove(path));
      }
      if (GetParam().loss != Loss::kIndexDamaged) continue;
      auto file = files.open(path, OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->write_at(12, as_bytes("x")));
    }
    if (GetParam().loss == Loss::kCheckpointGone) {
      ASSERT_TRUE(files.remove(settings.data_directory + "/checkpoint"));
    }
    must_open();
    EXPECT_TRUE(log->recovery().damage.empty());
    check("after a crash, seed ");
    checkpoint();
    crash(seed + 1'000);
    must_open();
    check("after a second crash, seed ");
    if (::testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, TransactionsAfter,
                         ::testing::Values(LossCase{"NothingLost", Loss::kNone},
                                           LossCase{"CheckpointGone", Loss::kCheckpointGone},
                                           LossCase{"IndexDamaged", Loss::kIndexDamaged},
                                           LossCase{"IndexGone", Loss::kIndexGone}),
                         [](const auto& of) { return of.param.name; });

TEST_F(Transactions, RetentionTakesTheIndexWithItsSegmentAndAnOpenTransactionHoldsNothingBelowTheLogsStart) {
  for (int i = 0; i < 20; ++i) {
    data(1, i);
    marker(1, false);
  }
  data(2, 0);
  for (int i = 20; i < 40; ++i) data(1, i);
  sync();
  checkpoint();
  const auto indexes = [&] {
    const auto entries = *files.list("/data/t-0");
    return std::count_if(entries.begin(), entries.end(), [](const auto& e) { return e.name.ends_with(".txnindex"); });
  };
  EXPECT_GT(indexes(), 1);
  EXPECT_EQ(stable(), 40);
  ASSERT_TRUE(
      log->set_topic_config("t", {{"segment.bytes", "1000"}, {"retention.ms", "-1"}, {"retention.bytes", "200"}}));
  log->apply_retention(clock.wall_now());
  ASSERT_GT(partition().log_start_offset(), Offset(40));
  EXPECT_EQ(stable(), partition().log_start_offset().value()) << "Kafka's answer, too";
  checkpoint();
  EXPECT_EQ(indexes(), 0);
  marker(1, true);
  marker(2, true);
  sync();
  EXPECT_EQ(stable(), partition().log_end_offset().value());
}

TEST(AbortedIndex, ItsBytesAreKafkas) {
  antiphon::testing::MemoryFileSystem files;
  ASSERT_TRUE(files.make_directories("/d"));
  FilePool pool(files, 4);
  AbortedIndex index(pool, "/d");
  index.add(Offset(41), {ProducerId(7), Offset(42), Offset(45), Offset(46)});
  for (EntryFile* file : index.files()) ASSERT_TRUE(file->flush());
  const auto bytes = read_file(files, "/d/00000000000000000041.txnindex", 1'000);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(to_hex(*bytes),
            "0000"
            "0000000000000007"
            "000000000000002a"
            "000000000000002d"
            "000000000000002e");
  index.add(Offset(90), {ProducerId(8), Offset(91), Offset(95), Offset(96)});
  ASSERT_TRUE(index.merge(Offset(90), Offset(41)));
  EXPECT_EQ(index.marks().size(), 1U);
  EXPECT_EQ(index.between(Offset(43), Offset(200))->size(), 2U);
  EXPECT_TRUE(is_aborted(*index.between(Offset(0), Offset(200)), ProducerId(8), Offset(94)));
  EXPECT_FALSE(is_aborted(*index.between(Offset(0), Offset(200)), ProducerId(7), Offset(94)));
}

}  // namespace
}  // namespace antiphon::kafka::log::testing
