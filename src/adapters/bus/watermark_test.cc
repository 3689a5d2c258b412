#include "adapters/bus/watermark.h"

#include <gtest/gtest.h>

#include <random>

namespace antiphon::bus {
namespace {

TEST(ContiguousWatermark, WaitsForTheOldestAndThenPassesAllThatIsDone) {
  ContiguousWatermark mark(Offset(5));
  EXPECT_EQ(mark.committable(), Offset(5));
  mark.taken(Offset(5));
  mark.taken(Offset(6));
  mark.taken(Offset(9));  // 7 and 8 were compacted away
  mark.done(Offset(6));
  EXPECT_EQ(mark.committable(), Offset(5));
  mark.done(Offset(5));
  EXPECT_EQ(mark.committable(), Offset(7));
  mark.done(Offset(9));
  EXPECT_EQ(mark.committable(), Offset(10));
  EXPECT_EQ(mark.in_flight(), 0U);
}

TEST(ContiguousWatermark, NeverPassesAnOpenRecordWhateverTheOrder) {
  std::mt19937 random(7);
  ContiguousWatermark mark(Offset(0));
  std::vector<std::int64_t> open;
  for (std::int64_t next = 0; next < 2000;) {
    if (open.empty() || random() % 2 == 0) {
      mark.taken(Offset(next));
      open.push_back(next++);
    } else {
      const std::size_t pick = random() % open.size();
      mark.done(Offset(open[pick]));
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    const std::int64_t oldest = open.empty() ? next : *std::min_element(open.begin(), open.end());
    ASSERT_EQ(mark.committable(), Offset(oldest));
  }
}

}  // namespace
}  // namespace antiphon::bus
