// The takes of a partition, and what prompt-state is told.
#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/bytes.h"
#include "stages/studio/partition_leases.h"

namespace antiphon::studio {
namespace {

using events::LeaseStanding;

std::string source_of(const CountedTake& take) {
  return take.session ? "/session/" + uuid_of_id(*take.session) : "/upload/" + uuid_of_id(take.recording);
}

}  // namespace

// The lease that a take names or, read back from the topic where no lease stands, the one its speaker must have used.
std::optional<HeldLease> PartitionLeases::use_lease(Sentence& sentence, const CountedTake& take) {
  auto it = std::find_if(sentence.leases.begin(), sentence.leases.end(), [&](const HeldLease& held) {
    return take.lease ? held.id == *take.lease : held.speaker.has_value() && held.speaker == take.speaker;
  });
  if (it == sentence.leases.end() && !take.lease) {
    it = std::find_if(sentence.leases.begin(), sentence.leases.end(),
                      [](const HeldLease& held) { return !held.speaker; });
  }
  if (it == sentence.leases.end()) return std::nullopt;
  return take_lease(sentence, static_cast<std::size_t>(it - sentence.leases.begin()));
}

// Whoever made this take may have granted its lease and ended before prompt-state was told, or may not have known that
// the partition is another's by now. What surpasses the wanted is a lease lost that way.
bool PartitionLeases::count_lost(Sentence& sentence) {
  const std::size_t promised = sentence.takes_under_lease() + sentence.leases.size();
  const auto wanted = static_cast<std::size_t>(sentence.wanted);
  const std::size_t surplus = promised > wanted ? promised - wanted : 0;
  const auto lapsed = std::max<std::uint64_t>({sentence.lapsed, sentence.late_takes(), surplus});
  return std::exchange(sentence.lapsed, lapsed) != lapsed;
}

PartitionLeases::Begun PartitionLeases::begin_take(Sentence& sentence, CountedTake take,
                                                   bool lease_may_have_been_ours) {
  Begun begun;
  begun.ticket = next_ticket_++;
  if (take.lease && !sentence.lease_was_used(*take.lease, take.speaker)) {
    begun.used = use_lease(sentence, take);
    if (begun.used) {
      begun.standing = LeaseStanding::kHeld;
    } else if (lease_may_have_been_ours) {
      begun.standing = LeaseStanding::kLate;
    }
  }
  if (begun.standing == LeaseStanding::kNone) take.lease.reset();
  take.standing = begun.standing;
  sending_.emplace(begun.ticket, Sending{sentence.id, take.recording});
  sentence.pending.push_back({std::move(take), begun.used});
  // A late take's lease ran out, and was counted then, or it was lost with the instance that granted it, and is counted
  // now.
  const bool lost = count_lost(sentence);
  update(sentence, lost);  // nothing else that prompt-state tells has changed yet
  return begun;
}

bool PartitionLeases::finish_take(std::uint64_t ticket, Offset offset) {
  const Sending sending = sending_.at(ticket);
  sending_.erase(ticket);
  Sentence& sentence = *find(sending.prompt);
  const auto it = std::find_if(sentence.pending.begin(), sentence.pending.end(),
                               [&](const PendingTake& pending) { return pending.take.recording == sending.recording; });
  ANTIPHON_ASSERT(it != sentence.pending.end());
  it->take.offset = offset;
  const bool remembered = sentence.takes.size() < events::kTakesMax;
  if (remembered) sentence.takes.push_back(it->take);
  sentence.pending.erase(it);
  acknowledged_.insert(offset);
  advance_next_offset(next_offset_);
  update(sentence);
  return remembered;
}

std::optional<HeldLease> PartitionLeases::abandon_take(std::uint64_t ticket, WallTime now) {
  const Sending sending = sending_.at(ticket);
  sending_.erase(ticket);
  Sentence& sentence = *find(sending.prompt);
  const auto it = std::find_if(sentence.pending.begin(), sentence.pending.end(),
                               [&](const PendingTake& pending) { return pending.take.recording == sending.recording; });
  ANTIPHON_ASSERT(it != sentence.pending.end());
  std::optional<HeldLease> again = it->used;
  sentence.pending.erase(it);
  if (again && again->expires_at < now) {
    ++sentence.lapsed;
    again.reset();
  }
  if (again) {
    sentence.leases.push_back(*again);
    by_lease_[again->id] = sentence.id;
    by_expiry_.emplace(again->expires_at, again->id);
  }
  update(sentence);
  return again;
}

void PartitionLeases::count_read_back(const events::Recording& recording, Offset offset) {
  const auto prompt = id_of_prompt(recording.prompt_id.value());
  const auto id = id_of_uuid(recording.id.value());
  const auto sha256 = sha256_of_hex(recording.sha256);
  if (prompt && id && sha256) {
    Sentence& sentence = entry(*prompt);
    if (!sentence.published && sentence.takes.empty()) sentence.locale = locales_.intern(recording.locale);
    // Twice in the topic: a send that was on the wire of a dead process, or of ours and on its way.
    const bool known = sentence.find_take(*id) != nullptr || sentence.is_pending(*id);
    if (!known && sentence.takes.size() < events::kTakesMax) {
      CountedTake take{*id,
                       id_of_uuid(recording.speaker_id.value()),
                       std::nullopt,
                       std::nullopt,
                       recording.sequence(),
                       *sha256,
                       offset,
                       recording.standing};
      if (recording.turn) take.session = id_of_uuid(recording.turn->session.value());
      if (take.standing == LeaseStanding::kHeld) {
        if (const auto used = use_lease(sentence, take)) take.lease = used->id;
      }
      sentence.takes.push_back(std::move(take));
      count_lost(sentence);
      update(sentence);
    }
  }
  advance_next_offset(offset + 1);
}

events::PromptState PartitionLeases::state_of(const Sentence& sentence, const std::string& recordings_topic) const {
  events::PromptState state;
  state.prompt_id = PromptId(prompt_of_id(sentence.id));
  state.locale = locales_.tag(sentence.locale);
  state.wanted = sentence.wanted;
  state.leases_lapsed = sentence.lapsed;
  state.parked = sentence.parked;
  const auto text = [](const std::optional<Id128>& id) { return id ? std::optional(uuid_of_id(*id)) : std::nullopt; };
  const auto write_lease = [&](const HeldLease& held) {
    events::Lease lease{LeaseId(uuid_of_id(held.id)), std::nullopt, text(held.request), held.granted_at,
                        held.expires_at};
    if (held.speaker) lease.speaker = SpeakerId(uuid_of_id(*held.speaker));
    state.leases.push_back(std::move(lease));
  };
  for (const HeldLease& held : sentence.leases) write_lease(held);
  // Until Kafka has answered, a used lease is written as held: should this process end now, nobody else is given the
  // sentence before it runs out.
  for (const PendingTake& pending : sentence.pending) {
    if (pending.used) write_lease(*pending.used);
  }
  for (const Id128& speaker : sentence.skipped_by) state.skipped_by.emplace_back(uuid_of_id(speaker));
  for (const CountedTake& take : sentence.takes) {
    events::Receipt receipt{RecordingId(uuid_of_id(take.recording)),
                            recordings_topic,
                            id_,
                            take.offset,
                            to_hex(take.sha256),
                            take.standing,
                            source_of(take),
                            take.sequence,
                            std::nullopt,
                            std::nullopt};
    if (take.speaker) receipt.speaker = SpeakerId(uuid_of_id(*take.speaker));
    if (take.lease) receipt.lease = LeaseId(uuid_of_id(*take.lease));
    state.takes.push_back(std::move(receipt));
  }
  return state;
}

std::optional<events::PromptState> PartitionLeases::next_change(const std::string& recordings_topic, WallTime now) {
  if (changed_.empty()) return std::nullopt;
  const Id128 prompt = changed_.front();
  changed_.pop_front();
  changed_set_.erase(prompt);
  events::PromptState state = state_of(*find(prompt), recordings_topic);
  // Only the last of what changed may say that everything up to here is written.
  state.recordings_next_offset = changed_.empty() ? next_offset_ : written_offset_;
  state.time = now;
  return state;
}

void PartitionLeases::written(const events::PromptState& state) {
  written_offset_ = std::max(written_offset_, state.recordings_next_offset);
}

void PartitionLeases::changed_again(const PromptId& prompt) {
  const auto id = id_of_prompt(prompt.value());
  if (!id || find(*id) == nullptr) return;  // granted in an earlier ownership of the partition
  if (changed_set_.insert(*id).second) changed_.push_back(*id);
}

}  // namespace antiphon::studio
