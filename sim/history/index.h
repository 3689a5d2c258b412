// A history, looked up by what the checks ask for. Built once; nothing here judges.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/history/event.h"

namespace antiphon::sim {

using Place = std::pair<std::string, PartitionId>;  // topic and partition

struct Write {
  const Event* send = nullptr;
  std::optional<Outcome> outcome;         // none: never answered
  Offset offset{-1};                      // as the answer said
  std::size_t answered_at = 0;            // index of the event
  std::optional<std::size_t> first_seen;  // event of the first reader that was given it
  int last_seen_era = 0;
  Offset seen_at{-1};  // offset
};

struct Transaction {
  bool commits = false;
  std::optional<Outcome> outcome;  // none: its end was never answered
  bool end_sent = false;
  std::size_t end_at = 0;    // events
  std::size_t ended_at = 0;  // of the answer
  // What the logs at the end say where no answer did: a record of it is in a read_committed log, or one that was
  // acknowledged is in none. Nothing: they say nothing.
  std::optional<bool> proven;

  [[nodiscard]] bool surely_committed() const { return commits && outcome == Outcome::kOk; }
  // An end whose answer was lost may have been carried out.
  [[nodiscard]] bool may_be_committed() const { return commits && end_sent && outcome != Outcome::kFailed; }
};

// One partition as it stood at the end.
struct Log {
  Offset first{0};
  Offset end{0};
  std::map<Offset, std::string> records;
};

struct Index {
  explicit Index(const History& history, int late_eras = 0);

  const History& history;
  const int late_eras;  // by so many power cuts an answer or a reader's record may stand too late in the history
  std::unordered_map<std::string, Write> writes;  // by value
  std::map<std::string, Transaction> transactions;
  std::map<Place, Log> logs;            // isolation.level=read_uncommitted
  std::map<Place, Log> committed_logs;  // read_committed
  std::map<Place, Offset> log_starts;   // the highest that was asked for
  std::set<std::string> gone_topics;
  std::vector<std::size_t> power_cuts;  // events
  // The first event behind which all the rest was read at rest: the first log. Past the end: there is none.
  std::size_t at_rest = SIZE_MAX;
  // By era: one past the last offset that acks=all had been answered for by its end.
  std::map<Place, std::map<int, Offset>> promised;

  // Power cuts before event `at`: the era it lies in.
  [[nodiscard]] int era_of(std::size_t at) const;
  [[nodiscard]] Offset promised_in(const Place& place, int era) const;
  [[nodiscard]] const Transaction* transaction_of(const std::string& name) const;
  // The log in which the write must be seen.
  [[nodiscard]] const Log* log_of(const Write& write) const;
  // Of committed logs. Nothing: it stands in none.
  [[nodiscard]] std::optional<Offset> committed_at(const Place& place, const std::string& value) const;
  [[nodiscard]] bool asked_away(const Place& place, Offset offset) const;  // by retention or deletion

 private:
  void prove();
  std::map<Place, std::unordered_map<std::string, Offset>> committed_values_;
};

inline Place place_of(const Event& event) { return {event.topic, event.partition}; }
std::string name_of(const Place& place);  // "t-0"

}  // namespace antiphon::sim
