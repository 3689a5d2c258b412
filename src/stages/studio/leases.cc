#include "stages/studio/leases.h"

#include <algorithm>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/murmur2.h"

namespace antiphon::studio {
namespace {

// A lease id is a UUID of version 8 (RFC 9562: free for own use): its first 16 bits are the partition, the rest is
// random, so that any studio knows whose it is.
constexpr std::uint64_t kVersionMask = 0xF000U, kVersion8 = 0x8000U;
constexpr std::uint64_t kVariantMask = 0xC000000000000000U, kVariant = 0x8000000000000000U;
constexpr unsigned kPartitionShift = 48;

}  // namespace

Leases::Leases(std::int32_t partitions, LeaseRules rules, std::string recordings_topic, Random& random)
    : partitions_(partitions), rules_(rules), recordings_topic_(std::move(recordings_topic)), random_(random) {}

void Leases::own(PartitionId partition) {
  ANTIPHON_ASSERT(partition.value() >= 0 && partition.value() < partitions_);
  if (owns(partition)) return;
  owned_.emplace(partition, Owned{PartitionLeases(partition, rules_, locales_), ++ownerships_, Stage::kLoading});
}

void Leases::open(PartitionId partition) {
  const auto it = owned_.find(partition);
  if (it == owned_.end() || it->second.stage == Stage::kOpen) return;
  it->second.stage = Stage::kOpen;
  std::vector<HeldLease> held;
  for (const auto& [id, sentence] : it->second.table.sentences()) {
    held.insert(held.end(), sentence.leases.begin(), sentence.leases.end());
  }
  std::sort(held.begin(), held.end(),
            [](const HeldLease& a, const HeldLease& b) { return a.granted_at < b.granted_at; });
  for (const HeldLease& lease : held) remember(lease);
}

void Leases::shut(PartitionId partition) {
  const auto it = owned_.find(partition);
  if (it != owned_.end()) it->second.stage = Stage::kShut;
}

bool Leases::is_open(PartitionId partition) const {
  const auto it = owned_.find(partition);
  return it != owned_.end() && it->second.stage == Stage::kOpen;
}

std::set<PartitionId> Leases::open_partitions() const {
  std::set<PartitionId> open;
  for (const auto& [id, owned] : owned_) {
    if (owned.stage == Stage::kOpen) open.insert(id);
  }
  return open;
}

std::set<PartitionId> Leases::elsewhere() const {
  std::set<PartitionId> elsewhere;
  for (std::int32_t p = 0; p < partitions_; ++p) {
    const auto it = owned_.find(PartitionId(p));
    if (it == owned_.end() || it->second.stage == Stage::kLoading) elsewhere.insert(PartitionId(p));
  }
  return elsewhere;
}

std::optional<std::uint64_t> Leases::ownership(PartitionId partition) const {
  const auto it = owned_.find(partition);
  return it == owned_.end() ? std::nullopt : std::optional(it->second.ownership);
}

void Leases::disown(PartitionId partition) {
  const auto it = owned_.find(partition);
  if (it == owned_.end()) return;
  for (const auto& [id, sentence] : it->second.table.sentences()) {
    for (const HeldLease& lease : sentence.leases) forget(lease);
    for (const CountedTake& take : sentence.takes) sentence_of_.erase(take.recording);
  }
  owned_.erase(it);
  for (auto& [number, sending] : sending_) {
    if (sending.partition == partition) sending.orphaned = true;
  }
}

PartitionId Leases::partition_of(const PromptId& prompt) const {
  return antiphon::partition_of(prompt.value(), partitions_);
}

std::optional<PartitionId> Leases::partition_of_lease(const Id128& lease) const {
  const auto partition = static_cast<std::int32_t>(lease.high >> kPartitionShift);
  const bool ours =
      (lease.high & kVersionMask) == kVersion8 && (lease.low & kVariantMask) == kVariant && partition < partitions_;
  return ours ? std::optional(PartitionId(partition)) : std::nullopt;
}

Id128 Leases::make_lease_id(PartitionId partition) {
  const std::uint64_t top = static_cast<std::uint64_t>(partition.value()) << kPartitionShift;
  return {top | ((random_.next() >> 16) & ~kVersionMask) | kVersion8, (random_.next() & ~kVariantMask) | kVariant};
}

void Leases::restore(PartitionId partition, const events::PromptState& state) {
  const auto id = id_of_prompt(state.prompt_id.value());
  if (!id || !owns(partition)) return;
  PartitionLeases& part = at(partition);
  part.restore(state);
  remember_takes(*part.find(*id));
}

void Leases::add(PartitionId partition, const events::Prompt& prompt) {
  if (owns(partition)) at(partition).add(prompt);
}

void Leases::count_read_back(PartitionId partition, const events::Recording& recording, Offset offset) {
  if (!owns(partition)) return;
  const auto id = id_of_prompt(recording.prompt_id.value());
  std::vector<HeldLease> before;
  if (id) {
    if (const Sentence* sentence = at(partition).find(*id)) before = sentence->leases;
  }
  at(partition).count_read_back(recording, offset);
  if (!id) return;
  if (const auto take = id_of_uuid(recording.id.value())) {
    const Sentence* sentence = at(partition).find(*id);
    if (sentence != nullptr && sentence->find_take(*take) != nullptr) sentence_of_.emplace(*take, *id);
  }
  for (const HeldLease& lease : before) {
    if (at(partition).find_by_lease(lease.id) == nullptr) forget(lease);
  }
}

void Leases::advance_next_offset(PartitionId partition, Offset next) {
  if (owns(partition)) at(partition).advance_next_offset(next);
}

Offset Leases::next_offset(PartitionId partition) const { return owned_.at(partition).table.next_offset(); }

std::map<PartitionId, Gap> Leases::gaps() const {
  std::map<PartitionId, Gap> gaps;
  for (const auto& [id, owned] : owned_) {
    const auto gap = owned.stage == Stage::kOpen ? owned.table.gap() : std::nullopt;
    if (gap) gaps[id] = *gap;
  }
  return gaps;
}

void Leases::remember(const HeldLease& lease) {
  if (lease.speaker) by_page_[{*lease.speaker, lease.locale}].push_back(lease.id);
  if (lease.request) by_request_[*lease.request] = lease.id;
}

void Leases::remember_takes(const Sentence& sentence) {
  for (const CountedTake& take : sentence.takes) sentence_of_.emplace(take.recording, sentence.id);
}

void Leases::forget(const HeldLease& lease) {
  if (lease.request) {
    const auto it = by_request_.find(*lease.request);
    if (it != by_request_.end() && it->second == lease.id) by_request_.erase(it);
  }
  if (!lease.speaker) return;
  const auto page = by_page_.find({*lease.speaker, lease.locale});
  if (page == by_page_.end()) return;
  std::erase(page->second, lease.id);
  if (page->second.empty()) by_page_.erase(page);
}

PartitionLeases* Leases::partition_holding(const Id128& lease) {
  const auto partition = partition_of_lease(lease);
  if (!partition || !is_open(*partition)) return nullptr;
  return at(*partition).find_by_lease(lease) == nullptr ? nullptr : &at(*partition);
}

Grant Leases::grant_of(const Sentence& sentence, const HeldLease& lease) const {
  return {PromptId(prompt_of_id(sentence.id)), sentence.text, locales_.tag(sentence.locale),
          LeaseId(uuid_of_id(lease.id)), lease.expires_at};
}

// The lease once more, should it be of the locale that is asked for.
std::optional<Grant> Leases::again(const Id128& id, const GrantRequest& request, std::uint32_t locale,
                                   bool same_request) {
  PartitionLeases* partition = partition_holding(id);
  if (partition == nullptr) return std::nullopt;
  Sentence& sentence = *partition->find_by_lease(id);
  if (sentence.locale != locale) return std::nullopt;
  const auto it = std::find_if(sentence.leases.begin(), sentence.leases.end(),
                               [&](const HeldLease& held) { return held.id == id; });
  HeldLease lease = *it;
  if (!same_request) {
    forget(lease);
    lease.request = request.request;
    partition->set_request(sentence, id, lease.request);
    remember(lease);  // now the page's youngest
  }
  return grant_of(sentence, lease);
}

Leases::Choice Leases::choose(const GrantRequest& request, std::uint32_t locale) {
  struct Cursor {
    PartitionLeases* partition;
    std::set<OpenKey>::const_iterator at, end;
  };
  std::vector<Cursor> cursors;
  for (auto& [id, owned] : owned_) {
    const auto* open = owned.stage == Stage::kOpen ? owned.table.open_in(locale) : nullptr;
    if (open != nullptr && !open->empty()) cursors.push_back({&owned.table, open->begin(), open->end()});
  }
  for (std::size_t looked = 0; looked < kSentencesLookedAtMax && !cursors.empty(); ++looked) {
    const auto first = std::min_element(cursors.begin(), cursors.end(),
                                        [](const Cursor& a, const Cursor& b) { return *a.at < *b.at; });
    Sentence* sentence = first->partition->find(first->at->id);
    if (!request.speaker || !sentence->met(*request.speaker)) return {first->partition, sentence};
    if (++first->at == first->end) cursors.erase(first);
  }
  return {};
}

std::optional<Grant> Leases::grant(const GrantRequest& request, WallTime now) {
  expire(now);
  const auto locale = locales_.find(request.locale);
  if (!locale) return std::nullopt;
  if (request.request) {
    if (const auto it = by_request_.find(*request.request); it != by_request_.end()) {
      if (auto same = again(Id128(it->second), request, *locale, true)) return same;
    }
  }
  if (request.speaker) {
    const auto page = by_page_.find({*request.speaker, *locale});
    if (page != by_page_.end() && page->second.size() >= rules_.leases_per_page_max) {
      const std::deque<Id128> held = page->second;
      for (const Id128& lease : held) {
        if (auto same = again(lease, request, *locale, false)) return same;
      }
    }
  }
  const Choice choice = choose(request, *locale);
  if (choice.sentence == nullptr) return std::nullopt;
  const PartitionId partition = partition_of(PromptId(prompt_of_id(choice.sentence->id)));
  const HeldLease lease{make_lease_id(partition), request.speaker, request.request, now,
                        now + rules_.duration,    *locale};
  choice.partition->grant(*choice.sentence, lease);
  remember(lease);
  return grant_of(*choice.sentence, lease);
}

bool Leases::give_back(const Id128& lease) {
  PartitionLeases* partition = partition_holding(lease);
  if (partition == nullptr) return false;
  const auto ended = partition->give_back(lease);
  if (ended) forget(*ended);
  return ended.has_value();
}

void Leases::give_back_all(PartitionLeases& table, const Sentence& sentence, const Id128& speaker) {
  const std::vector<HeldLease> held = sentence.leases;
  for (const HeldLease& lease : held) {
    if (lease.speaker != speaker) continue;
    table.give_back(lease.id);
    forget(lease);
  }
}

SkipDecision Leases::skip(const SkipRequest& request) {
  const auto partition = partition_of_lease(request.lease);
  if (!partition) return NothingToSkip{};
  if (!is_open(*partition)) return NotOurs{};
  PartitionLeases& table = at(*partition);
  Sentence* sentence = table.find_by_lease(request.lease);
  std::optional<Id128> speaker = request.speaker;
  if (sentence != nullptr) {
    const HeldLease ended = *table.give_back(request.lease);
    forget(ended);
    if (ended.speaker) speaker = ended.speaker;
  } else if (request.prompt_id && speaker && partition_of(*request.prompt_id) == *partition) {
    const auto prompt = id_of_prompt(request.prompt_id->value());
    sentence = prompt ? table.find(*prompt) : nullptr;
    if (sentence == nullptr) return UnknownPrompt{};
  }
  if (sentence == nullptr || !speaker) return NothingToSkip{};
  give_back_all(table, *sentence, *speaker);
  table.skip(*sentence, *speaker);
  return Skipped{*partition, *ownership(*partition), sentence->id, *speaker};
}

void Leases::expire(WallTime now) {
  for (auto& [id, owned] : owned_) {
    if (owned.stage == Stage::kLoading) continue;  // what is read next may know better
    for (const HeldLease& lease : owned.table.expire(now)) forget(lease);
  }
}

events::Receipt Leases::receipt_of(PartitionId partition, const CountedTake& take) const {
  events::Receipt receipt;
  receipt.recording_id = RecordingId(uuid_of_id(take.recording));
  receipt.topic = recordings_topic_;
  receipt.partition = partition;
  receipt.offset = take.offset;
  receipt.sha256 = to_hex(take.sha256);
  receipt.standing = take.standing;
  return receipt;
}

TakeDecision Leases::begin_take(const TakeRequest& request, WallTime now) {
  expire(now);
  const PartitionId partition = partition_of(request.prompt_id);
  if (!is_open(partition)) return NotOurs{};
  const auto prompt = id_of_prompt(request.prompt_id.value());
  if (const auto it = by_recording_.find(request.recording); it != by_recording_.end()) {
    const Sending& sending = sending_.at(it->second);
    if (sending.take.sha256 != request.sha256) return OtherBytes{};
    if (sending.prompt != prompt) return OtherSentence{};
    return OnItsWay{it->second};
  }
  if (const auto it = sentence_of_.find(request.recording); it != sentence_of_.end() && it->second != prompt) {
    return OtherSentence{};
  }
  Sentence* sentence = prompt ? at(partition).find(*prompt) : nullptr;
  if (sentence == nullptr) return UnknownPrompt{};
  if (const CountedTake* known = sentence->find_take(request.recording)) {
    if (known->sha256 != request.sha256) return OtherBytes{};
    return AlreadyHere{receipt_of(partition, *known)};
  }
  if (!sentence->published) return UnknownPrompt{};
  CountedTake take;
  take.recording = request.recording;
  take.speaker = request.speaker;
  take.lease = request.lease;
  take.sha256 = request.sha256;
  if (request.turn) {
    take.session = id_of_uuid(request.turn->session.value());
    take.sequence = request.turn->take;
  }
  // A lease of another sentence that is still held was surely not granted for this one.
  const bool may_be_ours = request.lease && partition_holding(*request.lease) == nullptr;
  const auto begun = at(partition).begin_take(*sentence, take, may_be_ours);
  if (begun.used) forget(*begun.used);
  const std::uint64_t number = next_number_++;
  sending_.emplace(number, Sending{partition, begun.ticket, *prompt, take});
  by_recording_.emplace(request.recording, number);
  sending_.at(number).take.standing = begun.standing;
  return ToBeSent{number, partition, begun.standing, sentence->text, locales_.tag(sentence->locale)};
}

Leases::Sending Leases::end_sending(std::uint64_t number) {
  const auto it = sending_.find(number);
  ANTIPHON_ASSERT(it != sending_.end());
  Sending sending = it->second;
  sending_.erase(it);
  by_recording_.erase(sending.take.recording);
  return sending;
}

events::Receipt Leases::finish_take(std::uint64_t number, Offset offset) {
  Sending sending = end_sending(number);
  if (!sending.orphaned && at(sending.partition).finish_take(sending.ticket, offset)) {
    sentence_of_.emplace(sending.take.recording, sending.prompt);
  }
  sending.take.offset = offset;
  return receipt_of(sending.partition, sending.take);
}

void Leases::abandon_take(std::uint64_t number, WallTime now) {
  const Sending sending = end_sending(number);
  if (sending.orphaned) return;
  if (const auto lease = at(sending.partition).abandon_take(sending.ticket, now)) remember(*lease);
}

std::optional<StateChange> Leases::next_change(WallTime now) {
  for (auto& [id, owned] : owned_) {
    if (owned.stage == Stage::kLoading) continue;
    if (auto state = owned.table.next_change(recordings_topic_, now)) return StateChange{id, owned.ownership, *state};
  }
  return std::nullopt;
}

Leases::Owned* Leases::owned_in(const StateChange& change) {
  const auto it = owned_.find(change.partition);
  return it != owned_.end() && it->second.ownership == change.ownership ? &it->second : nullptr;
}

void Leases::written(const StateChange& change) {
  if (Owned* owned = owned_in(change)) owned->table.written(change.state);
}

void Leases::changed_again(const StateChange& change) {
  if (Owned* owned = owned_in(change)) owned->table.changed_again(change.state.prompt_id);
}

bool Leases::has_changes() const {
  return std::any_of(owned_.begin(), owned_.end(), [](const auto& entry) {
    return entry.second.stage != Stage::kLoading && entry.second.table.changes() > 0;
  });
}

bool Leases::has_changes(PartitionId partition) const {
  const auto it = owned_.find(partition);
  return it != owned_.end() && it->second.table.changes() > 0;
}

std::size_t Leases::takes_on_their_way(PartitionId partition) const {
  return static_cast<std::size_t>(std::count_if(sending_.begin(), sending_.end(), [&](const auto& entry) {
    return entry.second.partition == partition && !entry.second.orphaned;
  }));
}

std::vector<LocaleCount> Leases::locales() const {
  std::map<std::string, std::size_t> counts;
  for (std::uint32_t locale = 0; locale < locales_.size(); ++locale) {
    std::size_t& open = counts[locales_.tag(locale)];
    for (const auto& [id, owned] : owned_) {
      const auto* keys = owned.stage == Stage::kOpen ? owned.table.open_in(locale) : nullptr;
      if (keys != nullptr) open += keys->size();
    }
  }
  std::vector<LocaleCount> result;
  result.reserve(counts.size());
  for (const auto& [tag, open] : counts) result.push_back({tag, open});
  return result;
}

std::size_t Leases::leases_held() const {
  std::size_t held = 0;
  for (const auto& [id, owned] : owned_) {
    if (owned.stage != Stage::kLoading) held += owned.table.leases();
  }
  return held;
}

std::size_t Leases::sentences(bool elsewhere) const {
  std::size_t sentences = 0;
  for (const auto& [id, owned] : owned_) {
    if ((owned.stage == Stage::kLoading) == elsewhere) sentences += owned.table.sentences().size();
  }
  return sentences;
}

std::size_t Leases::sentences_known() const { return sentences(false); }

std::size_t Leases::sentences_copied() const { return sentences(true); }

}  // namespace antiphon::studio
