#include "stages/studio/skips.h"

#include <algorithm>

namespace antiphon::studio {

bool Skips::wait(const Skipped& skipped, const http::Responder& responder, MonoTime until, std::optional<Id128> lease) {
  const Key key{skipped.prompt, skipped.speaker};
  UnderWay& skip = under_way_[key];
  skip.skipped = skipped;
  if (lease && by_lease_.emplace(*lease, key).second) skip.leases.push_back(*lease);
  if (skip.waiters.size() >= kWaitersPerSkipMax) return false;
  skip.waiters.push_back({responder, until});
  return true;
}

std::optional<Skipped> Skips::of_lease(const Id128& lease) const {
  const auto it = by_lease_.find(lease);
  return it == by_lease_.end() ? std::nullopt : std::optional(under_way_.at(it->second).skipped);
}

std::map<Skips::Key, Skips::UnderWay>::iterator Skips::end(std::map<Key, UnderWay>::iterator it, Waiters& told) {
  for (const Waiter& waiter : it->second.waiters) told.push_back(waiter.responder);
  for (const Id128& lease : it->second.leases) by_lease_.erase(lease);
  return under_way_.erase(it);
}

// What was taken to be written before the skip was done does not tell of it.
Skips::Waiters Skips::written(const StateChange& change) {
  Waiters told;
  const auto prompt = id_of_prompt(change.state.prompt_id.value());
  if (!prompt) return told;
  const auto& by = change.state.skipped_by;
  for (auto it = under_way_.lower_bound({*prompt, Id128{}}); it != under_way_.end() && it->first.first == *prompt;) {
    const Skipped& skipped = it->second.skipped;
    const bool stands =
        change.state.parked || std::find(by.begin(), by.end(), SpeakerId(uuid_of_id(skipped.speaker))) != by.end();
    it = stands && change.ownership == skipped.ownership ? end(it, told) : std::next(it);
  }
  return told;
}

Skips::Waiters Skips::gone(PartitionId partition) {
  Waiters told;
  for (auto it = under_way_.begin(); it != under_way_.end();) {
    it = it->second.skipped.partition == partition ? end(it, told) : std::next(it);
  }
  return told;
}

Skips::Waiters Skips::tired(MonoTime now) {
  Waiters told;
  for (auto& [key, skip] : under_way_) {
    std::erase_if(skip.waiters, [&](const Waiter& waiter) {
      if (waiter.until > now) return false;
      told.push_back(waiter.responder);
      return true;
    });
  }
  return told;
}

}  // namespace antiphon::studio
