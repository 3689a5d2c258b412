#include "adapters/bus/doubt.h"

#include <gtest/gtest.h>

#include <vector>

namespace antiphon::bus {
namespace {

using namespace std::chrono_literals;
using Verdict = Doubt::Verdict;

struct Look {
  std::chrono::seconds at;
  std::optional<OffsetRange> told;  // nothing: nobody answered
};
struct Case {
  std::string name;
  std::optional<Offset> told_before{};  // with the error, or on assignment
  std::vector<Look> looks;
  Verdict verdict;  // of the last look; all before it say to wait
  std::int64_t end = 0;
  std::int64_t start = 0;
};

std::optional<OffsetRange> log(std::int64_t start, std::int64_t end) { return OffsetRange{Offset(start), Offset(end)}; }

class AnOffset100 : public ::testing::TestWithParam<Case> {};

TEST_P(AnOffset100, IsDoubtedAsTheRuleSays) {
  const Case& row = GetParam();
  Doubt doubt(Offset(100), 60s);
  if (row.told_before) doubt.told_end(*row.told_before);
  Doubt::Finding found;
  for (std::size_t i = 0; i < row.looks.size(); ++i) {
    found = doubt.look(row.looks[i].told, SteadyTime{} + row.looks[i].at);
    if (i + 1 < row.looks.size()) {
      ASSERT_EQ(found.verdict, Verdict::kWait) << "look " << i;
    }
  }
  EXPECT_EQ(found.verdict, row.verdict);
  if (row.verdict == Verdict::kWait) return;
  EXPECT_EQ(found.log.start, Offset(row.start));
  EXPECT_EQ(found.log.end, Offset(row.end));
}

INSTANTIATE_TEST_SUITE_P(
    Rule, AnOffset100,
    ::testing::Values(
        Case{"ACutOffLeaderComesBack", {}, {{0s, log(0, 90)}, {30s, log(0, 120)}}, Verdict::kReadOn, 90},
        Case{"TheNextLeaderAnswersAtOnce", {}, {{0s, log(0, 120)}}, Verdict::kReadOn, 100},
        Case{"TheLogIsJustSoLong", {}, {{0s, log(0, 100)}}, Verdict::kReadOn, 100},
        Case{"TheLogWasCutAndHasGrownAgain",
             {},
             {{0s, log(0, 90)}, {1s, log(0, 97)}, {2s, log(0, 101)}},
             Verdict::kReadOn,
             90},
        Case{"TheLogWasCutAndHadGrownBeforeTheFirstLook", Offset(90), {{0s, log(0, 101)}}, Verdict::kReadOn, 90},
        Case{"TheLogWasCutAndHasNotGrownForAWhile", {}, {{0s, log(0, 90)}, {59s, log(0, 90)}}, Verdict::kWait},
        Case{"TheLogWasCutAndHasNotGrown",
             {},
             {{0s, log(0, 90)}, {59s, log(0, 90)}, {60s, log(0, 90)}},
             Verdict::kLost,
             90},
        Case{"TheLogGrowsTooSlowly", {}, {{0s, log(0, 90)}, {60s, log(0, 95)}}, Verdict::kLost, 90},
        Case{"TheEndsChange",
             {},
             {{0s, log(0, 95)}, {1s, log(0, 80)}, {2s, log(0, 99)}, {3s, log(0, 100)}},
             Verdict::kReadOn,
             80},
        Case{"NobodyAnswers", {}, {{0s, {}}, {59s, {}}, {3600s, {}}}, Verdict::kWait},
        Case{"NobodyAnsweredForAMinuteAndThenSomebody", {}, {{0s, {}}, {70s, log(0, 90)}}, Verdict::kWait},
        Case{
            "NobodyAnswersBetweenTwoAnswers", {}, {{0s, log(0, 90)}, {30s, {}}, {61s, log(0, 91)}}, Verdict::kLost, 90},
        Case{"TheLogStartsBehindIt", {}, {{0s, log(101, 120)}}, Verdict::kLost, 120, 101},
        Case{
            "TheLogHasGrownAndItsStartHasMoved", {}, {{0s, log(0, 90)}, {1s, log(95, 120)}}, Verdict::kReadOn, 95, 95}),
    [](const auto& row) { return row.param.name; });

const TopicPartition kOne{"topic", PartitionId(1)};
const TopicPartition kTwo{"topic", PartitionId(2)};

TEST(Doubts, AreLookedAtAtOnceAndThenEverySecond) {
  Doubts doubts(60s);
  const SteadyTime now{};
  EXPECT_EQ(doubts.until_due(5s, now), 5s);
  doubts.begin(kOne, Offset(100), {});
  EXPECT_EQ(doubts.due(now), kOne);
  EXPECT_EQ(doubts.until_due(5s, now), 0s);
  doubts.look(kOne, log(0, 90), now);
  EXPECT_EQ(doubts.due(now + 999ms), std::nullopt);
  EXPECT_EQ(doubts.until_due(5s, now + 300ms), 700ms);
  EXPECT_EQ(doubts.until_due(5ms, now), 5ms);
  EXPECT_EQ(doubts.due(now + 1s), kOne);
}

TEST(Doubts, WhatTheNextLeaderHoldsIsReadASecondLaterAndNotInALoop) {
  Doubts doubts(60s);
  doubts.begin(kOne, Offset(100), {});
  EXPECT_EQ(doubts.look(kOne, log(0, 120), SteadyTime{}).verdict, Verdict::kWait);
  EXPECT_EQ(doubts.look(kOne, log(0, 120), SteadyTime{} + 1s).verdict, Verdict::kReadOn);
}

TEST(Doubts, ASecondErrorKeepsTheDoubtAndTheLowestEnd) {
  Doubts doubts(60s);
  doubts.begin(kOne, Offset(100), Offset(90));
  doubts.begin(kOne, Offset(103), Offset(95));
  EXPECT_EQ(doubts.offset(kOne), Offset(100));
  doubts.look(kOne, log(0, 97), SteadyTime{});
  const auto found = doubts.look(kOne, log(0, 120), SteadyTime{} + 1s);
  EXPECT_EQ(found.verdict, Verdict::kReadOn);
  EXPECT_EQ(found.log.end, Offset(90));
}

TEST(Doubts, EachPartitionHasItsOwn) {
  Doubts doubts(0s);
  doubts.begin(kOne, Offset(100), {});
  doubts.begin(kTwo, Offset(10), {});
  EXPECT_EQ(doubts.look(kOne, log(0, 90), SteadyTime{}).verdict, Verdict::kLost);
  doubts.end(kOne);
  EXPECT_FALSE(doubts.contains(kOne));
  EXPECT_EQ(doubts.due(SteadyTime{}), kTwo);
}

}  // namespace
}  // namespace antiphon::bus
