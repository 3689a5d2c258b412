#include "tools/status/open_sentences.h"

#include <algorithm>

#include "events/codec.h"
#include "events/prompt_state.h"

namespace antiphon::tools {

void OpenSentences::take_prompt(const IncomingRecord& record) {
  const auto prompt = events::read_prompt(record);
  if (!prompt) return;
  Sentence& sentence = sentences_[prompt->id.value()];
  sentence.locale = prompt->locale;
  sentence.wanted = static_cast<std::size_t>(prompt->wanted);
}

void OpenSentences::take_state(const IncomingRecord& record) {
  const auto any = events::read_prompt_state(record);
  const auto* state = any ? std::get_if<events::PromptState>(&*any) : nullptr;
  if (state == nullptr) return;
  const auto it = sentences_.find(state->prompt_id.value());
  if (it == sentences_.end()) return;
  it->second.taken = state->counted_takes();
  it->second.parked = state->parked;
  it->second.leases.clear();
  for (const auto& lease : state->leases) it->second.leases.push_back(lease.expires_at);
}

std::map<std::string, std::int64_t> OpenSentences::by_locale(WallTime now) const {
  std::map<std::string, std::int64_t> out;
  for (const auto& [id, sentence] : sentences_) {
    const auto leased = static_cast<std::size_t>(std::count_if(sentence.leases.begin(), sentence.leases.end(),
                                                               [&](const WallTime& until) { return until > now; }));
    const bool open = !sentence.parked && sentence.taken + leased < sentence.wanted;
    out[sentence.locale] += open ? 1 : 0;
  }
  return out;
}

}  // namespace antiphon::tools
