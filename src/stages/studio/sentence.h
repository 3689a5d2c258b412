// What the studio holds of one sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "events/event.h"
#include "stages/studio/ids.h"

namespace antiphon::studio {

struct HeldLease {
  Id128 id;
  std::optional<Id128> speaker;
  std::optional<Id128> request;
  WallTime granted_at;
  WallTime expires_at;
  std::uint32_t locale = 0;  // of its sentence
};

// A take that stands in the topic.
struct CountedTake {
  Id128 recording;
  std::optional<Id128> speaker;
  std::optional<Id128> lease;    // that it used up
  std::optional<Id128> session;  // nothing: ce_source is /upload/RECORDING_ID
  std::uint64_t sequence = 1;
  Sha256Bytes sha256{};
  Offset offset;
  events::LeaseStanding standing = events::LeaseStanding::kNone;
};

// A take that was given to Kafka and has no answer yet.
struct PendingTake {
  CountedTake take;               // without its offset
  std::optional<HeldLease> used;  // given back should the send surely not have happened
};

struct Sentence {
  Id128 id;
  std::uint32_t locale = 0;  // see LocaleTable
  int wanted = 1;
  bool published = false;  // its text is here; a state alone can be there first
  bool parked = false;
  std::string text;
  std::int64_t order_ms = 0;  // ce_time, then ce_sequence: the order in which sentences are given out
  std::uint64_t sequence = 0;
  std::uint64_t lapsed = 0;  // leases that ran out or were lost with their instance
  std::vector<HeldLease> leases;
  std::vector<Id128> skipped_by;
  std::vector<CountedTake> takes;
  std::vector<PendingTake> pending;

  // Takes under a lease, arrived or on their way.
  [[nodiscard]] std::size_t takes_under_lease() const;
  [[nodiscard]] std::size_t late_takes() const;
  [[nodiscard]] bool complete() const { return takes_under_lease() >= static_cast<std::size_t>(wanted); }
  // Another lease may be granted: takes and leases together stay within what is wanted.
  [[nodiscard]] bool open() const {
    return published && !parked && takes_under_lease() + leases.size() < static_cast<std::size_t>(wanted);
  }
  // Has it, had it or did not want it: is not asked again.
  [[nodiscard]] bool met(const Id128& speaker) const;
  // One lease, one take. recordings does not say which lease a take was made under, so one that was read back stands
  // for any lease of its speaker.
  [[nodiscard]] bool lease_was_used(const Id128& lease, const std::optional<Id128>& speaker) const;
  [[nodiscard]] const CountedTake* find_take(const Id128& recording) const;
  [[nodiscard]] bool is_pending(const Id128& recording) const;
};

}  // namespace antiphon::studio
