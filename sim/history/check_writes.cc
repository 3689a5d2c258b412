#include <algorithm>
#include <unordered_map>

#include "sim/history/checks.h"

namespace antiphon::sim {
namespace {

// Whether what acks=0 and acks=1 promise lets this record be gone. `known_at`: the answer, or the reader that was given
// it first. The first power cut after that may take it, unless something later proves that it had been made durable.
bool may_be_gone(const Index& index, const Write& write, std::size_t known_at, Offset offset) {
  const int sent = index.era_of(static_cast<std::size_t>(write.send - index.history.data()));
  const int last = index.era_of(known_at);
  for (int era = std::max(sent, last - index.late_eras); era <= last; ++era) {
    if (static_cast<std::size_t>(era) >= index.power_cuts.size()) continue;         // no power cut since
    if (write.first_seen && write.last_seen_era > era + index.late_eras) continue;  // it had come through
    if (offset == Offset(-1) || offset >= index.promised_in(place_of(*write.send), era)) return true;
  }
  return false;
}

void check_missing(const Index& index, const std::string& value, const Write& write, Verdict& verdict) {
  const Event& send = *write.send;
  const Place place = place_of(send);
  const bool acknowledged = write.outcome == Outcome::kOk;
  const Offset offset = write.first_seen ? write.seen_at : write.offset;
  if (index.asked_away(place, offset)) return;
  const Transaction* transaction = index.transaction_of(send.transaction);
  if (transaction != nullptr && !transaction->surely_committed()) return;
  if (send.acks == -1) {
    if (acknowledged) {
      found(verdict, Anomaly::kLostWrite, "{}: '{}' was acknowledged under acks=all at offset {} and is not there",
            name_of(place), value, write.offset.value());
    } else if (write.first_seen) {
      found(verdict, Anomaly::kLostWrite, "{}: '{}' was served at offset {} and is gone", name_of(place), value,
            write.seen_at.value());
    }
    return;
  }
  if (!acknowledged && !write.first_seen) return;
  if (send.acks == 0 && !write.first_seen) {
    ++verdict.allowed_losses[0];
    return;
  }
  const std::size_t known_at = acknowledged && send.acks == 1 ? write.answered_at : *write.first_seen;
  if (may_be_gone(index, write, known_at, offset)) {
    ++verdict.allowed_losses[send.acks];
    return;
  }
  found(verdict, Anomaly::kLostWrite,
        "{}: '{}' (acks={}) {} at offset {} and is gone though no power cut may have taken it", name_of(place), value,
        send.acks, acknowledged ? "was acknowledged" : "was served", offset.value());
}

}  // namespace

void check_writes(const Index& index, Verdict& verdict) {
  std::map<Place, std::unordered_map<std::string, Offset>> at;
  for (const auto& [place, log] : index.logs) {
    for (const auto& [offset, value] : log.records) at[place].emplace(value, offset);
  }
  for (const Event& event : index.history) {
    if (event.what != What::kSend) continue;
    const Write& write = index.writes.at(event.value);
    const bool acknowledged = write.outcome == Outcome::kOk;
    if (acknowledged) ++verdict.acknowledged[event.acks == -1 ? 2 : event.acks];
    const bool unknown = !write.outcome || write.outcome == Outcome::kUnknown;
    if (unknown) ++verdict.unknown_outcomes;
    const Place place = place_of(event);
    const Log* log = index.log_of(write);
    if (log == nullptr) {
      if (acknowledged && event.acks != 0 && !index.gone_topics.contains(event.topic)) {
        found(verdict, Anomaly::kLostWrite, "{}: nobody read the log, which should hold '{}'", name_of(place),
              event.value);
      }
      continue;
    }
    const Transaction* transaction = index.transaction_of(event.transaction);
    std::optional<Offset> there = index.committed_at(place, event.value);
    // What was surely committed must be seen by those who read no more than that.
    if (!there && (transaction == nullptr || !transaction->surely_committed())) {
      const auto& values = at[place];
      const auto plain = values.find(event.value);
      if (plain != values.end()) there = plain->second;
    }
    if (!there) {
      check_missing(index, event.value, write, verdict);
      continue;
    }
    if (unknown) ++verdict.unknown_but_there;
    if (acknowledged && write.offset != Offset(-1) && write.offset != *there && !event.repeats) {
      found(verdict, Anomaly::kInconsistentOffsets, "{}: '{}' was acknowledged at offset {} and stands at offset {}",
            name_of(place), event.value, write.offset.value(), there->value());
    }
    if (write.outcome == Outcome::kFailed) {
      found(verdict, Anomaly::kUnknownRecord, "{}: '{}' was refused and stands at offset {}", name_of(place),
            event.value, there->value());
    }
  }
}

}  // namespace antiphon::sim
