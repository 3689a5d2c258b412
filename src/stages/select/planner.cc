#include "stages/select/planner.h"

#include <algorithm>

#include "core/assert.h"

namespace antiphon::select {

Planner::Planner(PlannerSettings settings) : settings_(std::move(settings)) {
  for (const std::string& id : settings_.corpus_ids) {
    by_id_.emplace(id, corpora_.size());
    Corpus corpus;
    corpus.id = id;
    events::CorpusState never_read;
    never_read.corpus_id = id;
    corpus.progress.emplace(never_read);
    corpora_.push_back(std::move(corpus));
  }
}

void Planner::found_state(const events::CorpusState& state) {
  const auto it = by_id_.find(state.corpus_id);
  if (it == by_id_.end()) return;
  Corpus& corpus = corpora_[it->second];
  corpus.saved = state;
  corpus.progress.emplace(state);
}

void Planner::found_prompt(const events::Prompt& prompt) {
  const auto key = key_of(prompt.id.value());
  if (!key) return;
  table_.insert(*key, prompt.locale);
  const auto it = by_id_.find(prompt.corpus_id);
  if (it == by_id_.end()) return;
  Corpus& corpus = corpora_[it->second];
  corpus.last_found = std::max(corpus.last_found, prompt.sequence);
  corpus.progress->found_in_topic(*key, prompt.sequence);
}

std::optional<std::string> Planner::corpus_with_prompts_missing() const {
  const auto it = std::find_if(corpora_.begin(), corpora_.end(), [](const Corpus& corpus) {
    return corpus.saved && corpus.last_found + 1 < corpus.saved->next_sequence;
  });
  return it == corpora_.end() ? std::nullopt : std::optional(it->id);
}

void Planner::apply(const events::PromptState& state) {
  const auto key = key_of(state.prompt_id.value());
  if (key) table_.set_open(*key, state.leases.empty() && !state.parked && !state.complete());
}

void Planner::forget(std::string_view prompt_id) {
  const auto key = key_of(prompt_id);
  if (key) table_.set_open(*key, true);
}

void Planner::listed(std::size_t index, const Listing& listing) {
  Corpus& corpus = corpora_[index];
  corpus.listed = true;
  corpus.progress->listed(listing);
  for (auto& [name, lane] : corpus.lanes) lane.at_end = true;  // its last object may be gone
  for (const text::Locale& locale : listing.lanes) corpus.lanes[locale.tag()].at_end = false;
}

bool Planner::wants(std::size_t index, const std::string& name) const {
  const Corpus& corpus = corpora_[index];
  const auto it = corpus.lanes.find(name);
  return it != corpus.lanes.end() && !it->second.at_end && it->second.ready.size() < kReadyMax &&
         corpus.progress->unsettled(name) < kUnsettledMax;
}

void Planner::offer(std::size_t index, const std::string& name, Item item) {
  Corpus& corpus = corpora_[index];
  Lane& lane = corpus.lanes[name];
  lane.ready.push_back(std::move(item));
  pass_known(corpus, name, lane);
}

void Planner::at_end(std::size_t index, const std::string& name) { corpora_[index].lanes[name].at_end = true; }

void Planner::pass_known(Corpus& corpus, const std::string& name, Lane& lane) {
  while (!lane.ready.empty()) {
    Item& first = lane.ready.front();
    if (first.has_sentence() && !table_.contains(first.key)) return;
    corpus.progress->pass(name, std::move(first));
    lane.ready.pop_front();
  }
}

std::optional<Publication> Planner::next() {
  if (under_way_ >= kUnderWayMax) return std::nullopt;
  for (std::size_t index = 0; index < corpora_.size(); ++index) {
    for (auto& [name, lane] : corpora_[index].lanes) {
      if (lane.ready.empty() || !is_wanted(name)) continue;
      pass_known(corpora_[index], name, lane);  // another corpus may have held the same sentence
      if (!lane.ready.empty()) return publish(index, name, lane);
    }
  }
  return std::nullopt;
}

Publication Planner::publish(std::size_t index, const std::string& name, Lane& lane) {
  Corpus& corpus = corpora_[index];
  Item item = std::move(lane.ready.front());
  lane.ready.pop_front();
  Publication publication;
  publication.corpus = index;
  publication.prompt.id = item.prompt_id;
  publication.prompt.text = item.text;
  publication.prompt.locale = name;
  publication.prompt.corpus_id = corpus.id;
  publication.prompt.wanted = settings_.wanted;
  ANTIPHON_ASSERT(table_.insert(item.key, name));
  publication.prompt.sequence = corpus.progress->publish(name, std::move(item));
  ++under_way_;
  pass_known(corpus, name, lane);
  return publication;
}

void Planner::acknowledged(std::size_t index, std::uint64_t sequence) {
  --under_way_;
  corpora_[index].progress->acknowledged(sequence);
}

events::CorpusCondition Planner::condition(std::size_t index) const {
  const Corpus& corpus = corpora_[index];
  bool all_read = corpus.listed && corpus.progress->idle();
  for (const auto& [name, lane] : corpus.lanes) {
    const bool more = !lane.ready.empty() || !lane.at_end;
    if (more && is_wanted(name)) return events::CorpusCondition::kReading;
    all_read = all_read && !more;
  }
  if (!corpus.listed) return events::CorpusCondition::kReading;
  return all_read ? events::CorpusCondition::kDone : events::CorpusCondition::kWaiting;
}

}  // namespace antiphon::select
