// Which sentence goes out next: the whole decision of the selector, without Kafka, clock, threads or stores.
//
// Start: found_state() for every saved state, then found_prompt() for every prompt in the topic, apply() for every
// prompt state; then readers offer items, and next() gives what is to be sent while fewer than `ahead` sentences of its
// language are open. Corpora have precedence in the order in which they were named. A sentence that was ever published
// is passed over, whoever holds it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/corpus_state.h"
#include "events/event.h"
#include "events/prompt_state.h"
#include "stages/select/corpus_progress.h"
#include "stages/select/prompt_table.h"

namespace antiphon::select {

constexpr std::size_t kReadyMax = 32;         // sentences that a lane holds ready
constexpr std::size_t kUnsettledMax = 4'096;  // items of a lane that wait for those before them
constexpr std::size_t kUnderWayMax = 256;     // prompts sent and not yet acknowledged, of all corpora

struct PlannerSettings {
  std::vector<std::string> corpus_ids;
  int wanted = 1;
  std::uint64_t ahead = 200;
};

struct Publication {
  std::size_t corpus = 0;  // its place among the corpus ids
  events::Prompt prompt;   // without its time
};

class Planner {
 public:
  explicit Planner(PlannerSettings settings);

  // What the predecessor left.
  void found_state(const events::CorpusState& state);
  void found_prompt(const events::Prompt& prompt);
  // One whose saved state counts on more prompts than were found: not all that the topic holds was read.
  [[nodiscard]] std::optional<std::string> corpus_with_prompts_missing() const;
  [[nodiscard]] const std::optional<events::CorpusState>& saved_state(std::size_t corpus) const {
    return corpora_[corpus].saved;
  }

  // What the studio says; also while running.
  void apply(const events::PromptState& state);
  void forget(std::string_view prompt_id);  // its state was removed: open again

  // What the readers bring.
  void listed(std::size_t corpus, const Listing& listing);
  [[nodiscard]] bool wants(std::size_t corpus, const std::string& lane) const;
  void offer(std::size_t corpus, const std::string& lane, Item item);
  void at_end(std::size_t corpus, const std::string& lane);

  // The next prompt to send; it counts as open from here on. Nothing: none is wanted, none is ready, or enough are
  // under way.
  std::optional<Publication> next();
  void acknowledged(std::size_t corpus, std::uint64_t sequence);

  [[nodiscard]] CorpusProgress& progress(std::size_t corpus) { return *corpora_[corpus].progress; }
  [[nodiscard]] const CorpusProgress& progress(std::size_t corpus) const { return *corpora_[corpus].progress; }
  [[nodiscard]] const PromptTable& table() const { return table_; }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  // reading: it has or may have sentences that are wanted; waiting: what it has is not wanted yet; done: it is read to
  // its end.
  [[nodiscard]] events::CorpusCondition condition(std::size_t corpus) const;

 private:
  struct Lane {
    std::deque<Item> ready;  // its first one holds a sentence that was never published
    bool at_end = false;
  };
  struct Corpus {
    std::string id;
    std::optional<events::CorpusState> saved;
    std::optional<CorpusProgress> progress;
    std::uint64_t last_found = 0;  // the highest number of its prompts in the topic
    std::map<std::string, Lane> lanes;
    bool listed = false;
  };

  [[nodiscard]] bool is_wanted(const std::string& lane) const { return table_.open(lane) < settings_.ahead; }
  void pass_known(Corpus& corpus, const std::string& name, Lane& lane);
  Publication publish(std::size_t index, const std::string& name, Lane& lane);

  PlannerSettings settings_;
  std::vector<Corpus> corpora_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  PromptTable table_;
  std::size_t under_way_ = 0;
};

}  // namespace antiphon::select
