// What the studio knows of one prompt, written behind to NAMESPACE.prompt-state: the key is the prompt id, the value
// JSON. A compacted table, not a stream of events: the last record of a key is the truth, and its only header is
// content-type.
//
// From this topic alone a studio that starts knows every lease, skip and receipt up to `recordings_next_offset`; it
// then reads recordings from there on. The selector reads it to learn which sentences are still open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/record.h"
#include "core/types.h"
#include "events/event.h"
#include "events/refusal.h"
#include "events/start_marker.h"
#include "events/topics.h"

namespace antiphon::events {

constexpr std::size_t kLeasesMax = 10'000;  // leases, skips and takes that one record may hold
constexpr std::size_t kSkipsMax = 10'000;
constexpr std::size_t kTakesMax = 10'000;  // 400 bytes each: below kMessageBytesMax

struct Lease {
  LeaseId id;
  std::optional<SpeakerId> speaker;
  std::optional<std::string> request;  // the UUID of the request that got it: the same again gets the same lease
  WallTime granted_at;
  WallTime expires_at;
  friend bool operator==(const Lease&, const Lease&) = default;
};

// One arrived take and what its sender was told: a repeated upload gets the same answer, whatever its age.
struct Receipt {
  RecordingId recording_id;
  std::string topic;
  PartitionId partition;
  Offset offset;
  std::string sha256;
  LeaseStanding standing = LeaseStanding::kNone;
  std::string source;                // ce_source
  std::uint64_t sequence = 0;        // ce_sequence
  std::optional<SpeakerId> speaker;  // nobody is given the same sentence twice
  std::optional<LeaseId> lease;      // that it used up: one lease, one take
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

struct PromptState {
  PromptId prompt_id;
  std::string locale;
  int wanted = 1;
  std::vector<Lease> leases;          // granted and neither used, ended nor run out
  std::uint64_t leases_lapsed = 0;    // ran out, or were lost with their instance: the bound of surplus takes
  std::vector<SpeakerId> skipped_by;  // distinct
  bool parked = false;                // enough speakers skipped it; nobody is asked again
  std::vector<Receipt> takes;         // in the order of their offsets
  Offset recordings_next_offset{0};   // of the recordings partition of the same number: the first one not yet counted
  WallTime time;
  friend bool operator==(const PromptState&, const PromptState&) = default;

  // Takes under a lease (held or late); the others are kept but not counted.
  [[nodiscard]] std::size_t counted_takes() const;
  [[nodiscard]] bool complete() const { return counted_takes() >= static_cast<std::size_t>(wanted); }
};

using PromptStateRecord = std::variant<PromptState, StartMarker>;

// No partition is named for a state: it is that of its key. kLimit when it would exceed a maximum above.
Result<OutgoingRecord> build_prompt_state(const Topics& topics, const PromptState& state);
// A studio that starts writes one to every partition.
OutgoingRecord build_start_marker(const Topics& topics, const StartMarker& marker, PartitionId partition);
Reading<PromptStateRecord> read_prompt_state(const IncomingRecord& record);

}  // namespace antiphon::events
