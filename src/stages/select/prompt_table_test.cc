#include "stages/select/prompt_table.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "core/crockford.h"
#include "core/random.h"

namespace antiphon::select {
namespace {

PromptKey random_key(Random& random) {
  PromptKey key;
  for (std::byte& byte : key) byte = static_cast<std::byte>(random.next());
  return key;
}

TEST(PromptTable, AKeyIsWhatTheDigitsStandFor) {
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const PromptKey key = random_key(random);
    EXPECT_EQ(key_of(crockford_128(key)), key);
  }
  for (const char* none : {"", "16VAHQ3ZDK8QKMHETNY0DKA6Z", "86VAHQ3ZDK8QKMHETNY0DKA6Z7", "16VAHQ3ZDK8QKMHETNY0DKA6ZI"})
    EXPECT_FALSE(key_of(none)) << none;
}

TEST(PromptTable, TakesAKeyOnceAndCountsTheOpenOnesOfEachLocale) {
  PromptTable table;
  const PromptKey a{std::byte{1}}, b{std::byte{2}}, zero{};
  EXPECT_TRUE(table.insert(a, "sw"));
  EXPECT_FALSE(table.insert(a, "am"));
  EXPECT_TRUE(table.insert(b, "am"));
  EXPECT_TRUE(table.insert(zero, "am"));
  EXPECT_TRUE(table.contains(zero));
  table.set_open(a, false);
  table.set_open(a, false);
  table.set_open(PromptKey{std::byte{9}}, false);
  EXPECT_EQ(table.open("sw"), 0U);
  EXPECT_EQ(table.open("am"), 2U);
  table.set_open(a, true);
  EXPECT_EQ(table.open("sw"), 1U);
  EXPECT_EQ(table.open("en"), 0U);
  EXPECT_EQ(table.size(), 3U);
}

// The promise of the selector: at most 32 bytes a published sentence, at every size on the way, by the table's own
// count and by what the allocator really gave.
TEST(PromptTable, HoldsAPromptInThirtyTwoBytes) {
  SeededRandom random(2);
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  PromptTable table;
  EXPECT_LE(table.memory_bytes(), kTableFixedBytesMax);
  std::vector<PromptKey> some;
  for (std::uint64_t count = 1; count <= 1'000'000; ++count) {
    const PromptKey key = random_key(random);
    ASSERT_TRUE(table.insert(key, "sw"));
    if (count % 9'973 == 0) {
      some.push_back(key);
      ASSERT_LE(table.memory_bytes(), kTableFixedBytesMax + count * kBytesAPromptMax) << count;
      const std::size_t now = mallinfo2().uordblks + mallinfo2().hblkhd;
      ASSERT_LE(now, before + kTableFixedBytesMax + some.capacity() * sizeof(PromptKey) + count * kBytesAPromptMax)
          << count;
    }
  }
  for (const PromptKey& key : some) EXPECT_FALSE(table.insert(key, "sw"));
  EXPECT_EQ(table.size(), 1'000'000U);
  EXPECT_EQ(table.open("sw"), 1'000'000U);
}

TEST(PromptTable, MoreLocalesThanItTellsApartAreStillCounted) {
  PromptTable table;
  SeededRandom random(3);
  for (std::size_t i = 0; i < kLocalesMax + 50; ++i)
    ASSERT_TRUE(table.insert(random_key(random), "x" + std::to_string(i)));
  EXPECT_EQ(table.open("other"), 50U);
  EXPECT_EQ(table.open("x0"), 1U);
}

}  // namespace
}  // namespace antiphon::select
