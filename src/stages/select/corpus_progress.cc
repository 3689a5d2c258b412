#include "stages/select/corpus_progress.h"

#include <algorithm>
#include <limits>

#include "core/assert.h"

namespace antiphon::select {

CorpusProgress::CorpusProgress(const events::CorpusState& saved)
    : id_(saved.corpus_id),
      shuffle_(saved.shuffle),
      repeated_(saved.repeated),
      book_(saved.next_sequence),
      saved_next_sequence_(saved.next_sequence) {
  left_out_.insert(saved.left_out.begin(), saved.left_out.end());
  for (const events::ObjectPosition& object : saved.objects) places_.emplace(object.key, object);
}

void CorpusProgress::found_in_topic(const PromptKey& key, std::uint64_t sequence) {
  if (sequence < saved_next_sequence_) return;
  book_.found_in_topic(sequence);
  if (recent_.size() < kRecentMax) recent_.emplace(key, sequence);
}

void CorpusProgress::listed(const Listing& listing) {
  std::map<std::string, events::ObjectPosition> places;
  const bool same_order =
      shuffle_.has_value() == listing.shuffle.has_value() && (!shuffle_ || shuffle_->seed == listing.shuffle->seed);
  if (!same_order) {
    shuffle_ = listing.shuffle;
    shuffled_lanes_.clear();
  }
  for (const ObjectRef& object : listing.objects) {
    const auto before = places_.find(object->name);
    const bool known = same_order && before != places_.end() && before->second.etag == object->version;
    auto& place = places[object->name];
    if (known) place = before->second;
    place.key = object->name;
    place.etag = object->version;
    place.size = object->size;
  }
  if (listing.shuffle) {
    for (const text::Locale& lane : listing.lanes) shuffled_lanes_.try_emplace(lane.tag(), 0);
  }
  if (same_order && places == places_) return;
  places_ = std::move(places);
  ++revision_;
}

void CorpusProgress::pass(const std::string& lane_name, Item item) {
  Step step;
  step.settled = true;
  if (item.has_sentence()) {
    const auto recent = recent_.find(item.key);
    if (recent != recent_.end()) {
      step.sequence = recent->second;
      recent_.erase(recent);
    } else {
      step.repeated = true;
    }
  }
  item.text.clear();
  step.item = std::move(item);
  Lane& lane = lanes_[lane_name];
  lane.steps.push_back(std::move(step));
  advance(lane_name, lane);
}

std::uint64_t CorpusProgress::publish(const std::string& lane_name, Item item) {
  Step step;
  step.sequence = book_.give();
  item.text.clear();
  step.item = std::move(item);
  const std::uint64_t sequence = *step.sequence;
  under_way_.emplace(sequence, lane_name);
  lanes_[lane_name].steps.push_back(std::move(step));
  return sequence;
}

void CorpusProgress::acknowledged(std::uint64_t sequence) {
  const auto it = under_way_.find(sequence);
  ANTIPHON_ASSERT(it != under_way_.end());
  const std::string name = it->second;
  Lane& lane = lanes_[name];
  under_way_.erase(it);
  ++published_;
  for (Step& step : lane.steps) {
    if (step.sequence == sequence && !step.settled) step.settled = true;
  }
  advance(name, lane);
}

void CorpusProgress::advance(const std::string& name, Lane& lane) {
  while (!lane.steps.empty() && lane.steps.front().settled) {
    Step& step = lane.steps.front();
    if (step.sequence) lane.sequences.push_back(*step.sequence);
    lane.repeated += step.repeated ? 1 : 0;
    for (const auto& [reason, count] : step.item.left_out) lane.left_out[reason] += count;
    if (step.item.unit_end) save_unit(name, lane, step.item);
    lane.steps.pop_front();
  }
}

void CorpusProgress::save_unit(const std::string& name, Lane& lane, const Item& last) {
  for (const std::uint64_t sequence : lane.sequences) book_.settle(sequence);
  for (const auto& [reason, count] : lane.left_out) left_out_[reason] += count;
  repeated_ += lane.repeated;
  lane.sequences.clear();
  lane.left_out.clear();
  lane.repeated = 0;
  note_place(name, last);
  ++revision_;
}

void CorpusProgress::note_place(const std::string& name, const Item& last) {
  if (shuffle_ && last.order != shuffle_->seed) return;  // a place in an order that is no more
  if (shuffle_) shuffled_lanes_[name] = last.position;
  auto& place = places_[last.object->name];
  place = {last.object->name, last.object->version, last.position, last.object->size, last.object_end};
}

std::size_t CorpusProgress::unsettled(const std::string& lane) const {
  const auto it = lanes_.find(lane);
  return it == lanes_.end() ? 0 : it->second.steps.size();
}

bool CorpusProgress::idle() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane.second.steps.empty(); });
}

events::CorpusState CorpusProgress::state() const {
  events::CorpusState state;
  state.corpus_id = id_;
  for (const auto& [key, place] : places_) state.objects.push_back(place);
  state.shuffle = shuffle_;
  if (state.shuffle && !shuffled_lanes_.empty()) {
    std::uint64_t done = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [lane, place] : shuffled_lanes_) done = std::min(done, place);
    state.shuffle->done = done;
  }
  state.next_sequence = book_.next_unsettled();
  state.left_out.insert(left_out_.begin(), left_out_.end());
  state.repeated = repeated_;
  return state;
}

}  // namespace antiphon::select
