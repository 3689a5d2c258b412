#include "stages/select/planner.h"

#include <gtest/gtest.h>

#include "adapters/blobs/testing/memory_store.h"
#include "stages/select/corpus_reader.h"

namespace antiphon::select {
namespace {

class PlannerTest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& bytes) {
    blobs::PutOptions replace;
    replace.only_if_absent = false;
    ASSERT_TRUE(store_.put(name, as_bytes(bytes), replace));
  }
  void start(std::uint64_t ahead, std::optional<events::CorpusState> saved = {}) {
    planner_ = std::make_unique<Planner>(PlannerSettings{{"c"}, 1, ahead});
    if (saved) planner_->found_state(*saved);
    reader_ = make_ordered_reader(store_, corpus_, rules_, std::nullopt, saved);
    list();
  }
  Listing list() {
    const auto listing = reader_->refresh();
    EXPECT_TRUE(listing);
    lanes_.clear();
    for (const auto& lane : listing->lanes) lanes_.push_back(lane.tag());
    planner_->listed(0, *listing);
    return *listing;
  }
  // Reads as far as the planner wants.
  Result<> read() {
    for (bool more = true; more;) {
      more = false;
      for (const std::string& lane : lanes_) {
        if (!planner_->wants(0, lane)) continue;
        ANTIPHON_TRY(item, reader_->next(lane));
        if (item) {
          planner_->offer(0, lane, std::move(*item));
          more = true;
        } else {
          planner_->at_end(0, lane);
        }
      }
    }
    return {};
  }
  // Publishes and acknowledges what is wanted now.
  std::vector<std::string> publish() {
    std::vector<std::string> texts;
    for (;;) {
      EXPECT_TRUE(read());
      auto publication = planner_->next();
      if (!publication) return texts;
      texts.push_back(publication->prompt.text);
      ids_[publication->prompt.text] = publication->prompt.id;
      planner_->acknowledged(0, publication->prompt.sequence);
    }
  }
  events::PromptState state_of(const std::string& text) {
    events::PromptState state;
    state.prompt_id = ids_.at(text);
    state.locale = "sw";
    return state;
  }

  blobs::testing::MemoryStore store_;
  CorpusUrl corpus_ = *parse_corpus_url("file:///c?id=c");
  text::Readability rules_;
  std::unique_ptr<Planner> planner_;
  std::unique_ptr<CorpusReader> reader_;
  std::vector<std::string> lanes_;
  std::map<std::string, PromptId> ids_;
};

using Texts = std::vector<std::string>;

TEST_F(PlannerTest, PublishesOnlyWhatIsWantedInEachLanguage) {
  put("sw.txt", "Neno la kwanza.\nNeno la pili.\nNeno la tatu.\nNeno la nne.\n");
  put("en.txt", "The first word.\nThe second word.\nThe third word.\n");
  start(2);
  EXPECT_EQ(publish(), (Texts{"The first word.", "The second word.", "Neno la kwanza.", "Neno la pili."}));
  EXPECT_EQ(planner_->condition(0), events::CorpusCondition::kWaiting);
  EXPECT_EQ(publish(), Texts{});
}

TEST_F(PlannerTest, ALeaseAParkedSentenceAndACompleteOneEachMakeRoom) {
  put("sw.txt", "Neno la kwanza.\nNeno la pili.\nNeno la tatu.\nNeno la nne.\nNeno la tano.\n");
  start(2);
  publish();
  auto leased = state_of("Neno la kwanza.");
  leased.leases.emplace_back();
  planner_->apply(leased);
  EXPECT_EQ(publish(), Texts{"Neno la tatu."});
  auto parked = state_of("Neno la pili.");
  parked.parked = true;
  planner_->apply(parked);
  EXPECT_EQ(publish(), Texts{"Neno la nne."});
  auto complete = state_of("Neno la tatu.");
  complete.takes.emplace_back();
  complete.takes.back().standing = events::LeaseStanding::kHeld;
  planner_->apply(complete);
  EXPECT_EQ(publish(), Texts{"Neno la tano."});
  EXPECT_EQ(planner_->table().open("sw"), 2U);
  planner_->apply(state_of("Neno la kwanza."));  // the lease ran out
  EXPECT_EQ(planner_->table().open("sw"), 3U);
  EXPECT_EQ(planner_->condition(0), events::CorpusCondition::kDone);
}

TEST_F(PlannerTest, CountsWhatNobodyCanReadAndWhatWasPublishedBefore) {
  put("sw.txt", "Neno la kwanza.\nMwaka 2024.\nhttp://a.b ni tovuti.\nNeno la kwanza.\nMwaka 2025.\n");
  start(10);
  EXPECT_EQ(publish(), Texts{"Neno la kwanza."});
  const auto state = planner_->progress(0).state();
  EXPECT_EQ(state.repeated, 1U);
  std::uint64_t left_out = 0;
  for (const auto& [reason, count] : state.left_out) left_out += count;
  EXPECT_EQ(left_out, 3U);
  EXPECT_EQ(state.left_out.at("digit"), 2U);
  EXPECT_TRUE(state.objects.at(0).complete);
}

TEST_F(PlannerTest, SavesNoPlaceBehindASentenceThatIsNotAcknowledged) {
  put("sw.txt", "Neno la kwanza.\nNeno la pili.\nNeno la tatu.\n");
  start(10);
  ASSERT_TRUE(read());
  const auto first = planner_->next();
  const auto second = planner_->next();
  ASSERT_TRUE(first && second);
  planner_->acknowledged(0, second->prompt.sequence);
  EXPECT_EQ(planner_->progress(0).state().objects.at(0).offset, 0U);
  EXPECT_EQ(planner_->progress(0).state().next_sequence, 1U);
  planner_->acknowledged(0, first->prompt.sequence);
  EXPECT_EQ(planner_->progress(0).state().objects.at(0).offset, 30U);
  EXPECT_EQ(planner_->progress(0).state().next_sequence, 3U);
}

TEST_F(PlannerTest, ANewObjectIsFoundAndAChangedOneIsReadAgainFromItsStart) {
  put("sw-b.txt", "Neno la kwanza.\nNeno la pili.\n");
  start(10);
  EXPECT_EQ(publish().size(), 2U);
  EXPECT_EQ(planner_->condition(0), events::CorpusCondition::kDone);
  put("sw-a.txt", "Neno la tatu.\n");
  list();
  EXPECT_EQ(publish(), Texts{"Neno la tatu."});
  put("sw-b.txt", "Neno la nne.\nNeno la pili.\n");
  EXPECT_EQ(list().changed, Texts{"sw-b.txt"});
  EXPECT_EQ(publish(), Texts{"Neno la nne."});
  EXPECT_EQ(planner_->progress(0).state().next_sequence, 5U);
  EXPECT_EQ(list().changed, Texts{});
}

TEST_F(PlannerTest, AnObjectThatChangesWhileItIsReadIsLeftUntilTheNextListing) {
  std::string many;
  for (int i = 0; i < 20'000; ++i)
    many += "Neno " + std::string(1 + static_cast<std::size_t>(i % 7), 'a') +
            std::string(1 + static_cast<std::size_t>(i / 7 % 90), 'b') + ".\n";
  put("sw-a.txt", many);
  put("sw-b.txt", "Neno la kwanza.\n");
  start(1);
  EXPECT_EQ(publish().size(), 1U);
  put("sw-a.txt", "Neno jipya.\n");
  planner_->apply([&] {
    auto parked = state_of("Neno ab.");
    parked.parked = true;
    return parked;
  }());
  for (int i = 0; i < 40'000 && !reader_->wants_refresh(); ++i) {
    auto item = reader_->next("sw");
    ASSERT_TRUE(item);
  }
  EXPECT_TRUE(reader_->wants_refresh());
  EXPECT_TRUE(reader_->problems().contains("sw-a.txt"));
  EXPECT_EQ(list().changed, Texts{"sw-a.txt"});
  EXPECT_TRUE(reader_->problems().empty());
}

TEST_F(PlannerTest, OneBadObjectDoesNotStopTheOthers) {
  put("sw-a.txt.gz", "this is no gzip");
  put("sw-b.csv", "a,b\n1,2\n");
  put("sw-c.txt", "Neno la kwanza.\n");
  put("zzz.txt", "no language is called so\n");
  start(10);
  EXPECT_EQ(publish(), Texts{"Neno la kwanza."});
  const auto problems = reader_->problems();
  EXPECT_EQ(problems.size(), 3U);
  EXPECT_TRUE(problems.contains("zzz.txt"));
}

TEST_F(PlannerTest, AStoreThatGoesAwayIsAnErrorAndReadingGoesOnAtTheNextSentence) {
  std::string many;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) many += fmt::format("Neno {}o{}a.\n", a, b);
  }
  std::string three = many + many + many;  // more than one buffer
  put("sw.txt", three);
  start(100'000);
  store_.away = true;
  const auto away = reader_->next("sw");
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(reader_->refresh());
  store_.away = false;
  EXPECT_EQ(publish().size(), 26U * 26U);
  EXPECT_EQ(planner_->progress(0).state().repeated, 2U * 26U * 26U);
}

TEST_F(PlannerTest, NoMoreThanABoundedNumberIsUnderWay) {
  std::string many;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) many += fmt::format("Neno {}o{}a.\n", a, b);
  }
  put("sw.txt", many);
  start(100'000);
  std::size_t sent = 0;
  for (;;) {
    ASSERT_TRUE(read());
    if (!planner_->next()) break;
    ++sent;
  }
  EXPECT_EQ(sent, kUnderWayMax);
}

TEST_F(PlannerTest, TwoCorporaWithOneSentencePublishItOnce) {
  put("sw.txt", "Neno la kwanza.\n");
  Planner planner(PlannerSettings{{"c", "d"}, 1, 10});
  for (std::size_t i = 0; i < 2; ++i) {
    auto reader = make_ordered_reader(store_, corpus_, rules_, std::nullopt, std::nullopt);
    planner.listed(i, *reader->refresh());
    while (auto item = *reader->next("sw")) planner.offer(i, "sw", std::move(*item));
    planner.at_end(i, "sw");
  }
  const auto first = planner.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->corpus, 0U);
  EXPECT_FALSE(planner.next());
  planner.acknowledged(0, first->prompt.sequence);
  EXPECT_EQ(planner.progress(1).state().repeated, 1U);
  EXPECT_EQ(planner.condition(1), events::CorpusCondition::kDone);
}

}  // namespace
}  // namespace antiphon::select
