#include "stages/studio/partition_leases.h"

#include <algorithm>

#include "core/assert.h"
#include "core/bytes.h"

namespace antiphon::studio {
namespace {

using events::LeaseStanding;

template <class T, class Text>
std::optional<T> typed(const std::optional<Id128>& id, Text text) {
  return id ? std::optional<T>(T(text(*id))) : std::nullopt;
}

template <class T>
std::optional<Id128> plain(const std::optional<T>& id) {
  return id ? id_of_uuid(id->value()) : std::nullopt;
}

std::optional<Id128> session_of(const std::string& source) {
  constexpr std::string_view kSession = "/session/";
  return source.starts_with(kSession) ? id_of_uuid(std::string_view(source).substr(kSession.size())) : std::nullopt;
}

std::optional<CountedTake> take_of(const events::Receipt& receipt) {
  const auto recording = id_of_uuid(receipt.recording_id.value());
  const auto sha256 = sha256_of_hex(receipt.sha256);
  if (!recording || !sha256) return std::nullopt;
  return CountedTake{
      *recording, plain(receipt.speaker), plain(receipt.lease), session_of(receipt.source), receipt.sequence,
      *sha256,    receipt.offset,         receipt.standing};
}

std::optional<HeldLease> lease_of(const events::Lease& lease) {
  const auto id = id_of_uuid(lease.id.value());
  if (!id) return std::nullopt;
  return HeldLease{*id,
                   plain(lease.speaker),
                   lease.request ? id_of_uuid(*lease.request) : std::nullopt,
                   lease.granted_at,
                   lease.expires_at,
                   0};
}

}  // namespace

std::uint32_t LocaleTable::intern(const std::string& tag) {
  const auto [it, added] = by_tag_.emplace(tag, static_cast<std::uint32_t>(tags_.size()));
  if (added) tags_.push_back(tag);
  return it->second;
}

std::optional<std::uint32_t> LocaleTable::find(const std::string& tag) const {
  const auto it = by_tag_.find(tag);
  return it == by_tag_.end() ? std::nullopt : std::optional(it->second);
}

Sentence& PartitionLeases::entry(const Id128& prompt) {
  const auto [it, added] = sentences_.try_emplace(prompt);
  if (added) it->second.id = prompt;
  return it->second;
}

Sentence* PartitionLeases::find(const Id128& prompt) {
  const auto it = sentences_.find(prompt);
  return it == sentences_.end() ? nullptr : &it->second;
}

Sentence* PartitionLeases::find_by_lease(const Id128& lease) {
  const auto it = by_lease_.find(lease);
  return it == by_lease_.end() ? nullptr : find(it->second);
}

const std::set<OpenKey>* PartitionLeases::open_in(std::uint32_t locale) const {
  const auto it = open_.find(locale);
  return it == open_.end() ? nullptr : &it->second;
}

// Puts the sentence where it belongs now, and on the list of what prompt-state does not know yet.
void PartitionLeases::update(Sentence& sentence, bool changed) {
  index(sentence);
  if (changed && changed_set_.insert(sentence.id).second) changed_.push_back(sentence.id);
}

void PartitionLeases::index(Sentence& sentence) {
  const OpenKey key{sentence.order_ms, sentence.sequence, sentence.id};
  if (sentence.open()) {
    open_[sentence.locale].insert(key);
  } else if (const auto it = open_.find(sentence.locale); it != open_.end()) {
    it->second.erase(key);
  }
}

void PartitionLeases::index_leases(const Sentence& sentence) {
  for (const HeldLease& lease : sentence.leases) {
    by_lease_[lease.id] = sentence.id;
    by_expiry_.emplace(lease.expires_at, lease.id);
  }
}

HeldLease PartitionLeases::take_lease(Sentence& sentence, std::size_t at) {
  const HeldLease lease = sentence.leases[at];
  by_lease_.erase(lease.id);
  by_expiry_.erase({lease.expires_at, lease.id});
  sentence.leases.erase(sentence.leases.begin() + static_cast<std::ptrdiff_t>(at));
  return lease;
}

void PartitionLeases::restore(const events::PromptState& state) {
  const auto id = id_of_prompt(state.prompt_id.value());
  if (!id) return;
  Sentence& sentence = entry(*id);
  while (!sentence.leases.empty()) take_lease(sentence, 0);
  sentence.takes.clear();
  sentence.skipped_by.clear();
  if (!sentence.published) sentence.locale = locales_.intern(state.locale);
  sentence.wanted = state.wanted;
  sentence.lapsed = state.leases_lapsed;
  sentence.parked = state.parked;
  for (const events::Lease& lease : state.leases) {
    auto held = lease_of(lease);
    if (!held) continue;
    held->locale = sentence.locale;
    sentence.leases.push_back(*held);
  }
  for (const SpeakerId& speaker : state.skipped_by) {
    if (const auto skipper = id_of_uuid(speaker.value())) sentence.skipped_by.push_back(*skipper);
  }
  for (const events::Receipt& receipt : state.takes) {
    if (const auto take = take_of(receipt)) sentence.takes.push_back(*take);
  }
  index_leases(sentence);
  update(sentence, false);
  next_offset_ = std::max(next_offset_, state.recordings_next_offset);
  written_offset_ = std::max(written_offset_, state.recordings_next_offset);
}

void PartitionLeases::add(const events::Prompt& prompt) {
  const auto id = id_of_prompt(prompt.id.value());
  if (!id) return;
  Sentence& sentence = entry(*id);
  if (sentence.published) return;  // a repeat: the same sentence
  sentence.published = true;
  sentence.locale = locales_.intern(prompt.locale);
  sentence.wanted = prompt.wanted;
  sentence.text = prompt.text;
  sentence.order_ms = to_unix_ms(prompt.time);
  sentence.sequence = prompt.sequence;
  update(sentence, false);
}

void PartitionLeases::advance_next_offset(Offset next) {
  next_offset_ = std::max(next_offset_, next);
  while (!acknowledged_.empty() && *acknowledged_.begin() <= next_offset_) {
    next_offset_ = std::max(next_offset_, *acknowledged_.begin() + 1);
    acknowledged_.erase(acknowledged_.begin());
  }
}

std::optional<Gap> PartitionLeases::gap() const {
  if (acknowledged_.empty()) return std::nullopt;
  return Gap{next_offset_, *acknowledged_.begin()};
}

void PartitionLeases::grant(Sentence& sentence, HeldLease lease) {
  ANTIPHON_ASSERT(sentence.open());
  by_lease_[lease.id] = sentence.id;
  by_expiry_.emplace(lease.expires_at, lease.id);
  sentence.leases.push_back(lease);
  update(sentence);
}

void PartitionLeases::set_request(Sentence& sentence, const Id128& lease, std::optional<Id128> request) {
  for (HeldLease& held : sentence.leases) {
    if (held.id == lease) held.request = request;
  }
  update(sentence);
}

std::optional<HeldLease> PartitionLeases::give_back(const Id128& lease) {
  Sentence* sentence = find_by_lease(lease);
  if (sentence == nullptr) return std::nullopt;
  const auto it = std::find_if(sentence->leases.begin(), sentence->leases.end(),
                               [&](const HeldLease& held) { return held.id == lease; });
  ANTIPHON_ASSERT(it != sentence->leases.end());
  const HeldLease ended = take_lease(*sentence, static_cast<std::size_t>(it - sentence->leases.begin()));
  update(*sentence);
  return ended;
}

void PartitionLeases::skip(Sentence& sentence, const Id128& speaker) {
  const auto& known = sentence.skipped_by;
  if (!sentence.parked && std::find(known.begin(), known.end(), speaker) == known.end()) {
    sentence.skipped_by.push_back(speaker);
    sentence.parked = known.size() >= std::min(rules_.skips_until_parked, events::kSkipsMax);
  }
  update(sentence);
}

std::vector<HeldLease> PartitionLeases::expire(WallTime now) {
  std::vector<HeldLease> ended;
  while (!by_expiry_.empty() && by_expiry_.begin()->first < now) {
    const Id128 lease = by_expiry_.begin()->second;
    Sentence& sentence = *find_by_lease(lease);
    const auto it = std::find_if(sentence.leases.begin(), sentence.leases.end(),
                                 [&](const HeldLease& held) { return held.id == lease; });
    ended.push_back(take_lease(sentence, static_cast<std::size_t>(it - sentence.leases.begin())));
    ++sentence.lapsed;
    update(sentence);
  }
  return ended;
}

}  // namespace antiphon::studio
