#include <gtest/gtest.h>

#include <set>

#include "core/random.h"
#include "speech/text/readability.h"
#include "stages/select/permutation.h"
#include "stages/select/sequence_book.h"
#include "stages/select/spool.h"
#include "stages/select/testing/temporary_folder.h"

namespace antiphon::select {
namespace {

TEST(NumberSet, IsASetOfRuns) {
  SeededRandom random(4);
  for (int round = 0; round < 50; ++round) {
    NumberSet runs;
    std::set<std::uint64_t> plain;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t number = 1 + random.below(60);
      EXPECT_EQ(runs.insert(number), plain.insert(number).second);
      for (std::uint64_t n = 0; n < 63; ++n) ASSERT_EQ(runs.contains(n), plain.contains(n));
      std::uint64_t missing = 1;
      while (plain.contains(missing)) ++missing;
      ASSERT_EQ(runs.smallest_missing(), missing);
    }
    EXPECT_LE(runs.runs(), 30U);
  }
}

TEST(SequenceBook, FillsTheHolesThatADeadProcessLeft) {
  SequenceBook book(5);
  book.found_in_topic(6);
  book.found_in_topic(7);
  book.found_in_topic(0);
  book.found_in_topic(~std::uint64_t{0});
  EXPECT_EQ(book.give(), 5U);
  EXPECT_EQ(book.give(), 8U);
  EXPECT_EQ(book.next_unsettled(), 5U);
  book.settle(6);
  EXPECT_EQ(book.next_unsettled(), 5U);
  book.settle(5);
  EXPECT_EQ(book.next_unsettled(), 7U);
}

TEST(Permutation, IsABijectionAndTheSameEverywhere) {
  for (const std::uint64_t size : {1U, 2U, 3U, 4U, 5U, 100U, 1000U, 4096U, 5000U}) {
    for (const std::uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL}) {
      const Permutation order(size, seed);
      std::set<std::uint64_t> seen;
      for (std::uint64_t i = 0; i < size; ++i) {
        ASSERT_LT(order.at(i), size);
        seen.insert(order.at(i));
      }
      ASSERT_EQ(seen.size(), size);
    }
  }
  // Fixed for ever: a saved place in an order must mean the same after an upgrade.
  const Permutation order(10, 42);
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < 10; ++i) places.push_back(order.at(i));
  EXPECT_EQ(places, (std::vector<std::uint64_t>{2, 7, 4, 0, 8, 3, 6, 9, 5, 1}));
}

TEST(Permutation, SpreadsNeighbours) {
  const Permutation order(100'000, 3);
  double distance = 0;
  for (std::uint64_t i = 1; i < 100'000; ++i) {
    const auto a = static_cast<double>(order.at(i)), b = static_cast<double>(order.at(i - 1));
    distance += std::abs(a - b);
  }
  EXPECT_NEAR(distance / 99'999, 100'000 / 3.0, 1'000);  // of two independent places
}

TEST(Spool, GivesBackWhatWasAddedAndIsNothingWithoutItsManifest) {
  PosixFileSystem fs;
  const testing::TemporaryFolder folder;
  auto writer = SpoolWriter::create(fs, folder.path() + "/spool");
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE((*writer)->add("Moja.", "", 0));
  ASSERT_TRUE((*writer)->add("", text::reason::kInvalidUtf8, 1));
  ASSERT_TRUE((*writer)->add(std::string(text::kSentenceBytesMax + 1, 'a'), "", 2));
  EXPECT_FALSE(*Spool::open(fs, folder.path() + "/spool", 9));
  ASSERT_TRUE((*writer)->finish(9));
  EXPECT_FALSE(*Spool::open(fs, folder.path() + "/spool", 8));
  const auto spool = Spool::open(fs, folder.path() + "/spool", 9);
  ASSERT_TRUE(spool && *spool);
  EXPECT_EQ((*spool)->size(), 3U);
  EXPECT_EQ((*spool)->read(0)->text, "Moja.");
  EXPECT_EQ((*spool)->read(1)->problem, text::reason::kInvalidUtf8);
  EXPECT_EQ((*spool)->read(2)->problem, text::reason::kLineTooLong);
  EXPECT_EQ(*(*spool)->object_of(2), 2U);
  EXPECT_FALSE((*spool)->read(3));
  auto file = fs.open(folder.path() + "/spool/sentences", OpenMode::kReadWrite);
  ASSERT_TRUE((*file)->truncate(3));
  EXPECT_FALSE(*Spool::open(fs, folder.path() + "/spool", 9));
  ASSERT_TRUE((*file)->truncate(0));
  EXPECT_FALSE((*spool)->read(0)) << "a spool that is cut while open is an error, not a crash";
}

}  // namespace
}  // namespace antiphon::select
