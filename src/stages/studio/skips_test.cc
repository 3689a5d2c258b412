#include "stages/studio/skips.h"

#include <gtest/gtest.h>

namespace antiphon::studio {
namespace {

constexpr PartitionId kOne{0};
constexpr PartitionId kOther{1};
constexpr Id128 kPrompt{7, 42};
constexpr Id128 kLease{0x8001, 0x8000000000000001};
const http::Responder kNobody{nullptr};  // it is handed back, not answered

Skipped skipped(std::uint64_t speaker, PartitionId partition = kOne) {
  return {partition, 3, kPrompt, {0x77, speaker}};
}

StateChange state_with(std::uint64_t speaker, std::uint64_t ownership = 3) {
  StateChange change{kOne, ownership, {}};
  change.state.prompt_id = PromptId(prompt_of_id(kPrompt));
  change.state.skipped_by.emplace_back(uuid_of_id({0x77, speaker}));
  return change;
}

TEST(SkipsTest, AStateThatTellsOfASkipEndsItsWaitAndNoOther) {
  Skips skips;
  for (std::uint64_t speaker = 1; speaker <= 3; ++speaker) skips.wait(skipped(speaker), kNobody, {}, std::nullopt);
  EXPECT_EQ(skips.written(state_with(2)).size(), 1U);
  EXPECT_EQ(skips.written(state_with(2)).size(), 0U) << "it is over";
  EXPECT_EQ(skips.written(state_with(1, 2)).size(), 0U) << "of an ownership that is over";
  StateChange parked = state_with(9);
  parked.state.parked = true;
  EXPECT_EQ(skips.written(parked).size(), 2U) << "nobody is asked for it any more";
}

TEST(SkipsTest, WhatGoesWithItsPartitionIsForgotten) {
  Skips skips;
  skips.wait(skipped(1), kNobody, {}, kLease);
  skips.wait(skipped(2, kOther), kNobody, {}, std::nullopt);
  ASSERT_TRUE(skips.of_lease(kLease));
  EXPECT_EQ(skips.gone(kOne).size(), 1U);
  EXPECT_FALSE(skips.of_lease(kLease));
  EXPECT_EQ(skips.gone(kOther).size(), 1U);
}

TEST(SkipsTest, WhoIsTiredLeavesTheSkipUnderWay) {
  Skips skips;
  const MonoTime start{};
  skips.wait(skipped(1), kNobody, start + std::chrono::seconds{1}, kLease);
  EXPECT_TRUE(skips.tired(start).empty());
  EXPECT_EQ(skips.tired(start + std::chrono::seconds{1}).size(), 1U);
  EXPECT_TRUE(skips.of_lease(kLease));
  EXPECT_TRUE(skips.written(state_with(1)).empty());
  EXPECT_FALSE(skips.of_lease(kLease));
}

TEST(SkipsTest, TheyAreBounded) {
  Skips skips;
  for (std::uint64_t speaker = 1; speaker <= kSkipsUnderWayMax; ++speaker) {
    EXPECT_FALSE(skips.full());
    skips.wait(skipped(speaker), kNobody, {}, std::nullopt);
  }
  EXPECT_TRUE(skips.full());
  skips.written(state_with(1));
  EXPECT_FALSE(skips.full());
}

}  // namespace
}  // namespace antiphon::studio
