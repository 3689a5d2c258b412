// One sentence is published once, with one number, wherever the selector is killed.
//
// A selector of planner and readers works against a simulated Kafka in which every send, every saved state and every
// acknowledgement is a step of its own. It is killed after each step in turn (and again at random after the next
// starts); what was on the wire then arrives or does not. The judge looks at the topic alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/blobs/testing/memory_store.h"
#include "core/random.h"
#include "stages/select/corpus_reader.h"
#include "stages/select/planner.h"
#include "stages/select/testing/compressed.h"
#include "stages/select/testing/temporary_folder.h"

namespace antiphon::select {
namespace {

struct World {
  blobs::testing::MemoryStore store;
  CorpusUrl corpus;
  std::vector<events::Prompt> topic;  // what arrived, in any order
  std::optional<events::CorpusState> saved;
  std::string spool;
};

// A selector from its start to its death.
class Life {
 public:
  Life(World& world, std::uint64_t seed)
      : world_(world), random_(seed), planner_(PlannerSettings{{world.corpus.id}, 1, 1'000'000}) {
    if (world.saved) planner_.found_state(*world.saved);
    for (const events::Prompt& prompt : world.topic) planner_.found_prompt(prompt);
    const auto& saved = planner_.saved_state(0);
    reader_ = world.corpus.order == Order::kCorpus
                  ? make_ordered_reader(world.store, world.corpus, rules_, std::nullopt, saved)
                  : make_shuffled_reader(world.store, world.corpus, rules_, std::nullopt, saved, fs_, world.spool,
                                         stop_.token());
    const auto listing = reader_->refresh();
    EXPECT_TRUE(listing) << listing.error().message;
    for (const auto& lane : listing->lanes) lanes_.push_back(lane.tag());
    planner_.listed(0, *listing);
  }

  // One step of those that are possible, drawn at random; false: there is none, all is done and saved.
  bool step() {
    std::vector<void (Life::*)()> possible;
    for (const std::string& lane : lanes_) {
      if (planner_.wants(0, lane)) possible.push_back(&Life::read);
    }
    possible.push_back(&Life::publish);
    if (!on_the_wire_.empty()) possible.insert(possible.end(), {&Life::arrive, &Life::arrive});
    if (!arrived_.empty()) possible.insert(possible.end(), {&Life::acknowledge, &Life::acknowledge});
    if (!state_on_the_wire_ && planner_.progress(0).revision() != saved_revision_) possible.push_back(&Life::save);
    if (state_on_the_wire_) possible.push_back(&Life::state_arrives);
    if (possible.size() == 1 && !publishable()) return false;
    (this->*possible[random_.below(possible.size())])();
    return true;
  }

  // What is on the wire arrives or is lost, each for itself.
  void die() {
    for (events::Prompt& prompt : on_the_wire_) {
      if (random_.below(2) == 0) world_.topic.push_back(std::move(prompt));
    }
    if (state_on_the_wire_ && random_.below(2) == 0) world_.saved = std::move(state_on_the_wire_);
  }

 private:
  void read() {
    const std::size_t first = random_.below(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const std::string& lane = lanes_[(first + i) % lanes_.size()];
      if (!planner_.wants(0, lane)) continue;
      auto item = reader_->next(lane);
      ASSERT_TRUE(item) << item.error().message;
      if (*item) {
        planner_.offer(0, lane, std::move(**item));
      } else {
        planner_.at_end(0, lane);
      }
      return;
    }
  }
  bool publishable() {
    if (!held_back_) held_back_ = planner_.next();
    return held_back_.has_value();
  }
  void publish() {
    if (!publishable()) return;
    on_the_wire_.push_back(std::move(held_back_->prompt));
    held_back_.reset();
  }
  void arrive() {  // partitions overtake one another
    const std::size_t which = random_.below(on_the_wire_.size());
    arrived_.push_back(on_the_wire_[which].sequence);
    world_.topic.push_back(std::move(on_the_wire_[which]));
    on_the_wire_.erase(on_the_wire_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void acknowledge() {
    const std::size_t which = random_.below(arrived_.size());
    planner_.acknowledged(0, arrived_[which]);
    arrived_.erase(arrived_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void save() {
    saved_revision_ = planner_.progress(0).revision();
    state_on_the_wire_ = planner_.progress(0).state();
  }
  void state_arrives() {
    world_.saved = std::move(state_on_the_wire_);
    state_on_the_wire_.reset();
  }

  World& world_;
  SeededRandom random_;
  Planner planner_;
  text::Readability rules_;
  PosixFileSystem fs_;
  StopSource stop_;
  std::unique_ptr<CorpusReader> reader_;
  std::vector<std::string> lanes_;
  std::optional<Publication> held_back_;
  std::vector<events::Prompt> on_the_wire_;
  std::vector<std::uint64_t> arrived_;  // and not yet acknowledged
  std::optional<events::CorpusState> state_on_the_wire_;
  std::uint64_t saved_revision_ = 0;
};

std::unique_ptr<World> world_of(std::string_view url, const std::vector<std::pair<std::string, std::string>>& objects) {
  auto world = std::make_unique<World>();
  world->corpus = *parse_corpus_url(url);
  for (const auto& [name, bytes] : objects) EXPECT_TRUE(world->store.put(name, as_bytes(bytes), {}));
  return world;
}

const std::vector<std::pair<std::string, std::string>>& one_language() {
  static const std::vector<std::pair<std::string, std::string>> kObjects{
      {"sw-a.txt", "Habari ya asubuhi.\nHabari ya jioni.\nNamba 12 si neno.\nHabari ya asubuhi.\nKaribu sana.\n"},
      {"sw-b.csv",
       "id,text\n1,Mtoto anacheza mpira. Mama anapika chakula. Baba analima shamba.\n2,Karibu sana.\n3,<b>Sio</b>. "
       "Mvua inanyesha leo.\n"},
      {"sw-c.txt.gz", testing::gzip("Jua linawaka sana.\nMama anapika chakula.\nUpepo unavuma.\n\xff\n")},
  };
  return kObjects;
}

// Lives until all is done; killed after `first` steps and then at random.
void live(World& world, std::uint64_t seed, std::size_t first, int deaths) {
  SeededRandom random(seed);
  std::size_t steps = first;
  for (int death = 0; death < deaths; ++death) {
    Life life(world, random.next());
    for (std::size_t i = 0; i < steps; ++i) life.step();
    life.die();
    steps = random.below(60);
  }
  Life life(world, random.next());
  while (life.step()) {
  }
}

void expect_each_once_and_dense(const World& world, const std::string& what) {
  std::vector<std::string> ids;
  std::vector<std::uint64_t> sequences;
  for (const events::Prompt& prompt : world.topic) {
    ids.push_back(prompt.id.value());
    sequences.push_back(prompt.sequence);
  }
  std::sort(ids.begin(), ids.end());
  ASSERT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << what << ": a sentence is there twice";
  std::sort(sequences.begin(), sequences.end());
  for (std::size_t i = 0; i < sequences.size(); ++i)
    ASSERT_EQ(sequences[i], i + 1) << what << ": numbers are not dense";
}

std::map<std::string, std::uint64_t> numbers(const World& world) {
  std::map<std::string, std::uint64_t> out;
  for (const events::Prompt& prompt : world.topic) out[prompt.text] = prompt.sequence;
  return out;
}

TEST(SelectorCrash, KilledAfterAnyStepItPublishesEachSentenceOnceWithTheSameNumber) {
  const auto calm = world_of("file:///c?column=text&id=c", one_language());
  live(*calm, 1, 0, 0);
  const auto expected = numbers(*calm);
  ASSERT_EQ(expected.size(), 9U);
  ASSERT_EQ(expected.at("Habari ya asubuhi."), 1U);
  ASSERT_TRUE(calm->saved);
  ASSERT_EQ(calm->saved->next_sequence, 10U);
  ASSERT_EQ(calm->saved->repeated, 3U);
  for (std::size_t steps = 0; steps < 120; ++steps) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const auto world = world_of("file:///c?column=text&id=c", one_language());
      live(*world, seed * 1'000 + steps, steps, 1 + static_cast<int>(seed % 4));
      const std::string what = fmt::format("seed {} killed after step {}", seed, steps);
      expect_each_once_and_dense(*world, what);
      ASSERT_EQ(numbers(*world), expected) << what;
      ASSERT_EQ(world->saved->next_sequence, calm->saved->next_sequence) << what;
      ASSERT_EQ(world->saved->left_out, calm->saved->left_out) << what;
      ASSERT_EQ(world->saved->repeated, calm->saved->repeated) << what;
      ASSERT_EQ(world->saved->objects, calm->saved->objects) << what;
    }
  }
}

TEST(SelectorCrash, OfSeveralLanguagesEachSentenceIsThereOnceAndTheNumbersAreDense) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    auto objects = one_language();
    objects.emplace_back("am.txt", "ሰላም ለሁሉም።\nእንደምን አደርክ።\nውሃ እጠጣለሁ።\n");
    objects.emplace_back("en.txt", "The sun is warm today.\nA child is singing.\n");
    const auto world = world_of("file:///c?column=text&id=c", objects);
    live(*world, seed, seed % 90, 3);
    expect_each_once_and_dense(*world, fmt::format("seed {}", seed));
    ASSERT_EQ(world->topic.size(), 14U);
  }
}

TEST(SelectorCrash, ShuffledIsTheSameOrderWhateverIsLost) {
  std::map<std::string, std::uint64_t> expected;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto world = world_of("file:///c?column=text&id=c&order=shuffled&seed=5", one_language());
    const testing::TemporaryFolder first, second;
    world->spool = first.path();
    if (seed > 0) live(*world, seed, seed % 70, 2);
    if (seed % 2 == 1) world->spool = second.path();  // the spool is lost
    live(*world, seed, 0, 0);
    expect_each_once_and_dense(*world, fmt::format("seed {}", seed));
    if (seed == 0) expected = numbers(*world);
    ASSERT_EQ(expected.size(), 9U);
    ASSERT_EQ(numbers(*world), expected) << seed;
  }
  const auto calm = world_of("file:///c?column=text&id=c", one_language());
  live(*calm, 1, 0, 0);
  EXPECT_NE(numbers(*calm), expected) << "it is another order than that of the corpus";
}

// The saved state is a help, not the truth: without it everything is read again, and nothing is sent again.
TEST(SelectorCrash, ALostStateCostsReadingOnly) {
  const auto world = world_of("file:///c?column=text&id=c", one_language());
  live(*world, 3, 40, 1);
  const auto before = numbers(*world);
  world->saved.reset();
  EXPECT_TRUE(world->store.put("sw-d.txt", as_bytes("Mto umefurika leo.\n"), {}));
  live(*world, 4, 10, 1);
  expect_each_once_and_dense(*world, "without a state");
  auto expected = before;
  expected["Mto umefurika leo."] = 10;
  EXPECT_EQ(numbers(*world), expected);
}

TEST(SelectorCrash, AnObjectThatChangesBetweenTwoLivesIsReadAgainWithoutAHole) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto world = world_of("file:///c?column=text&id=c", one_language());
    {
      Life life(*world, seed);
      for (std::uint64_t i = 0; i < seed; ++i) life.step();
      life.die();
    }
    blobs::PutOptions replace;
    replace.only_if_absent = false;
    ASSERT_TRUE(world->store.put("sw-a.txt", as_bytes("Habari ya jioni.\nSafari njema.\n"), replace));
    live(*world, seed, seed % 50, 2);
    expect_each_once_and_dense(*world, fmt::format("seed {}", seed));
    ASSERT_TRUE(numbers(*world).contains("Safari njema."));
  }
}

}  // namespace
}  // namespace antiphon::select
