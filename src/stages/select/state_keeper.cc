#include "stages/select/state_keeper.h"

#include <fmt/format.h>

#include "core/logging.h"

namespace antiphon::select {
namespace {

constexpr std::size_t kBytesASecond =
    100'000;  // of state records, so that a corpus of very many objects does not fill the topic

}  // namespace

StateKeeper::StateKeeper(Desk& desk, const std::vector<std::string>& corpus_ids, const events::Topics& topics,
                         bus::Producer& producer, Health& health, const Clock& clock, std::chrono::milliseconds every)
    : desk_(desk), topics_(topics), producer_(producer), health_(health), clock_(clock), every_(every) {
  for (std::size_t i = 0; i < corpus_ids.size(); ++i) {
    Corpus corpus;
    corpus.id = corpus_ids[i];
    corpus.since = clock.wall_now();
    const auto& saved = desk.planner.saved_state(i);
    if (saved) {
      corpus.condition = saved->condition;
      corpus.since = saved->since;
    }
    corpora_.push_back(std::move(corpus));
  }
}

std::string StateKeeper::describe(const std::map<std::string, std::string>& problems) {
  if (problems.empty()) return {};
  const auto& [key, text] = *problems.begin();
  if (problems.size() == 1) return fmt::format("{} cannot be read: {}", key, text);
  return fmt::format("{} objects cannot be read, {} among them: {}", problems.size(), key, text);
}

void StateKeeper::look(std::size_t index, Corpus& corpus) {
  const CorpusStanding& standing = *desk_.corpora[index];
  const bool offline = !standing.trouble.empty();
  const auto condition = offline ? events::CorpusCondition::kOffline : desk_.planner.condition(index);
  std::string detail = offline ? standing.trouble : describe(standing.problems);
  if (standing.objects == 0 && detail.empty() && condition == events::CorpusCondition::kDone) {
    detail = "no object ends in .txt, .csv, .tsv or .jsonl (perhaps with .gz or .zst)";
  }
  if (condition == corpus.condition && detail == corpus.detail) return;
  // reading and waiting take turns with every sentence: that alone is no reason for a record.
  const auto busy = [](events::CorpusCondition c) {
    return c == events::CorpusCondition::kReading || c == events::CorpusCondition::kWaiting;
  };
  if (!busy(condition) || !busy(corpus.condition) || detail != corpus.detail) {
    corpus.next_time = clock_.mono_now();
    if (condition != corpus.condition) {
      logging::info("corpus state",
                    {{"corpus", corpus.id}, {"state", events::to_string(condition)}, {"detail", detail}});
    }
  }
  if (condition != corpus.condition) corpus.since = clock_.wall_now();
  corpus.condition = condition;
  corpus.detail = std::move(detail);
  corpus.told = false;
  health_.set_problem(fmt::format("corpus {}", corpus.id), corpus.detail);
}

std::optional<OutgoingRecord> StateKeeper::build(std::size_t index, Corpus& corpus) {
  const CorpusProgress& progress = desk_.planner.progress(index);
  events::CorpusState state = progress.state();
  state.condition = corpus.condition;
  state.since = corpus.since;
  state.detail = corpus.detail;
  state.time = clock_.wall_now();
  auto record = events::build_corpus_state(topics_, state);
  if (!record) {
    if (!corpus.too_large)
      logging::error("how far a corpus is read cannot be saved",
                     {{"corpus", corpus.id}, {"detail", record.error().message}});
    corpus.too_large = true;
    health_.set_problem(fmt::format("corpus {} state", corpus.id), record.error().message);
    return std::nullopt;
  }
  const std::size_t bytes = record->value ? record->value->size() : 0;
  corpus.next_time = clock_.mono_now() + every_ + std::chrono::milliseconds(bytes * 1000 / kBytesASecond);
  corpus.sent_revision = progress.revision();
  corpus.told = corpus.under_way = true;
  return std::move(*record);
}

std::vector<OutgoingRecord> StateKeeper::due(bool all) {
  std::vector<OutgoingRecord> records;
  for (std::size_t i = 0; i < corpora_.size(); ++i) {
    Corpus& corpus = corpora_[i];
    look(i, corpus);
    const bool news = !corpus.told || corpus.sent_revision != desk_.planner.progress(i).revision();
    if (!news || corpus.too_large) continue;
    if (!all && (corpus.under_way || clock_.mono_now() < corpus.next_time)) continue;
    if (auto record = build(i, corpus)) records.push_back(std::move(*record));
  }
  return records;
}

Result<> StateKeeper::send(std::vector<OutgoingRecord> records) {
  for (OutgoingRecord& record : records) {
    const std::string id = *record.key;
    ANTIPHON_TRY_VOID(producer_.send(std::move(record), [this, id](Result<bus::Delivered> delivered) {
      const std::lock_guard lock(desk_.mutex);
      for (Corpus& corpus : corpora_) {
        if (corpus.id == id) corpus.under_way = false;
      }
      if (!delivered) desk_.fail(delivered.error());
    }));
  }
  return {};
}

}  // namespace antiphon::select
