// The whole broker under one seed, many times. ANTIPHON_SEED runs one, ANTIPHON_SEEDS so many, ANTIPHON_SEED_FROM from
// there on; ./dev sim N runs more and writes a report.
#include "sim/broker/life.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "core/logging.h"

namespace antiphon::sim {
namespace {

constexpr std::uint64_t kSeedsInTests = 2'000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Simulation : public ::testing::Test {
 protected:
  void SetUp() override {
    logging::Settings quiet;
    quiet.minimum = logging::Level::kOff;
    logging::configure(quiet);
  }
};

TEST_F(Simulation, TheSameSeedGivesTheSameHistory) {
  std::set<std::string> hashes;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::string first = live(seed).hash;
    EXPECT_EQ(live(seed).hash, first) << "seed " << seed;
    hashes.insert(first);
  }
  EXPECT_EQ(hashes.size(), 5U) << "other seeds, other histories";
}

TEST_F(Simulation, NothingIsLostUnderAnySeed) {
  const std::uint64_t one = from_environment("ANTIPHON_SEED", 0);
  const std::uint64_t first = one != 0 ? one : from_environment("ANTIPHON_SEED_FROM", 1);
  const std::uint64_t count = one != 0 ? 1 : from_environment("ANTIPHON_SEEDS", kSeedsInTests);
  Verdict all;
  LifeCounts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const LifeResult result = live(seed);
    all.add(result.verdict);
    counts.add(result.counts);
    ASSERT_TRUE(result.good()) << explain(seed, result);
  }
  std::printf("%llu seeds\n%s", static_cast<unsigned long long>(count), summary(all).c_str());
  if (count < 100) return;
  // A simulation in which little happens would pass, too.
  EXPECT_GT(all.acknowledged[2], 20 * count);
  EXPECT_GT(all.commits_acknowledged, count);
  EXPECT_GT(counts.power_cuts, count / 2);
  EXPECT_GT(all.transactions_committed, count);
  EXPECT_GT(all.transactions_aborted, count / 2);
  EXPECT_GT(all.transactions_refused, count / 10) << "is the end of a zombie ever asked for?";
  EXPECT_GT(all.transformed, 5 * count);
  EXPECT_GT(all.zombies_fenced, count / 2) << "does a member whose partition another one has ever commit for it?";
  EXPECT_GT(all.allowed_losses[1], 0U) << "no power cut ever took what acks=1 does not promise: is the cache kept?";
}

}  // namespace
}  // namespace antiphon::sim
