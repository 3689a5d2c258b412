#include <algorithm>

#include "sim/history/checks.h"

namespace antiphon::sim {
namespace {

// What stood at which offset of a partition, as far as anybody saw it.
struct Truth {
  std::map<Offset, std::string> plain;      // read_uncommitted
  std::map<Offset, std::string> committed;  // read_committed
};

class PollCheck {
 public:
  PollCheck(const Index& index, Verdict& verdict) : index_(index), verdict_(verdict) {
    for (const auto& [place, log] : index.logs) truth_[place].plain = log.records;
    for (const auto& [place, log] : index.committed_logs) truth_[place].committed = log.records;
  }

  void run() {
    for (std::size_t at = 0; at < index_.history.size(); ++at) {
      const Event& event = index_.history[at];
      if (event.what == What::kPosition) positions_[{event.process, place_of(event)}] = event.offset;
      if (event.what == What::kPolled) polled(event, at);
    }
  }

 private:
  void polled(const Event& event, std::size_t at) {
    const Place place = place_of(event);
    const auto position = positions_.find({event.process, place});
    Offset next = position == positions_.end() ? Offset(-1) : position->second;
    for (const auto& [offset, value] : event.records) {
      ++verdict_.polled_records;
      if (next != Offset(-1) && offset < next) {
        found(verdict_, Anomaly::kNonMonotonicPoll, "{} was given offset {} of {} ('{}') where it stood at {}",
              event.process, offset.value(), name_of(place), value, next.value());
      }
      if (next != Offset(-1) && offset > next) check_gap(event, next, offset);
      check_record(event, offset, value, at);
      next = offset + 1;
    }
    if (event.offset != Offset(-1)) {
      if (next != Offset(-1) && event.offset < next) {
        found(verdict_, Anomaly::kNonMonotonicPoll, "{} of {} was led from offset {} back to {}", event.process,
              name_of(place), next.value(), event.offset.value());
      }
      if (next != Offset(-1) && event.offset > next) check_gap(event, next, event.offset);
      next = event.offset;
    }
    positions_[{event.process, place}] = next;
  }

  void check_gap(const Event& event, Offset from, Offset to) {
    const Place place = place_of(event);
    const Truth& truth = truth_[place];
    const auto& records = event.committed_only ? truth.committed : truth.plain;
    for (auto at = records.lower_bound(from); at != records.end() && at->first < to; ++at) {
      if (index_.asked_away(place, at->first)) continue;
      found(verdict_, Anomaly::kPollSkip, "{} was led past offset {} of {} ('{}')", event.process, at->first.value(),
            name_of(place), at->second);
      return;
    }
  }

  void check_record(const Event& event, Offset offset, const std::string& value, std::size_t at) {
    const Place place = place_of(event);
    const auto write = index_.writes.find(value);
    if (write == index_.writes.end() || write->second.send == nullptr || place_of(*write->second.send) != place) {
      found(verdict_, Anomaly::kUnknownRecord, "{} was given '{}' at offset {} of {}, which nobody sent there",
            event.process, value, offset.value(), name_of(place));
      return;
    }
    const Event& send = *write->second.send;
    const Transaction* transaction = index_.transaction_of(send.transaction);
    if (event.committed_only && transaction != nullptr) {
      const bool too_early = transaction->end_sent && transaction->end_at > at;
      if (!transaction->may_be_committed() || too_early) {
        found(verdict_, Anomaly::kAbortedRead, "{} was given '{}' at offset {} of {}, of transaction {}, which {}",
              event.process, value, offset.value(), name_of(place), send.transaction,
              too_early ? "was still open" : "was not committed");
      }
    }
    // One offset, one record: for ever, but for what the first power cut may take from acks=0 and acks=1.
    const auto [known, is_new] = given_[place].emplace(offset, Given{value, at});
    if (is_new || known->second.value == value) return;
    const Write& before = index_.writes.at(known->second.value);
    const bool was_promised = before.send != nullptr && before.send->acks == -1;
    if (was_promised || index_.era_of(known->second.at) == index_.era_of(at)) {
      found(verdict_, Anomaly::kInconsistentOffsets, "{} offset {}: '{}' was read there, then '{}'", name_of(place),
            offset.value(), known->second.value, value);
    }
    known->second = {value, at};
  }

  struct Given {
    std::string value;
    std::size_t at = 0;
  };
  const Index& index_;
  Verdict& verdict_;
  std::map<Place, Truth> truth_;
  std::map<std::pair<std::string, Place>, Offset> positions_;
  std::map<Place, std::map<Offset, Given>> given_;
};

}  // namespace

void check_polls(const Index& index, Verdict& verdict) { PollCheck(index, verdict).run(); }

}  // namespace antiphon::sim
