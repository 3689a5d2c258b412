#include "sim/history/index.h"

#include <fmt/format.h>

#include <algorithm>

namespace antiphon::sim {

std::string name_of(const Place& place) { return fmt::format("{}-{}", place.first, place.second.value()); }

Index::Index(const History& all, int late) : history(all), late_eras(late) {
  for (std::size_t at = 0; at < history.size(); ++at) {
    const Event& event = history[at];
    const int era = static_cast<int>(power_cuts.size());
    switch (event.what) {
      case What::kSend:
        writes[event.value].send = &event;
        break;
      case What::kSent: {
        Write& write = writes[event.value];
        write.outcome = event.outcome;
        write.offset = event.offset;
        write.answered_at = at;
        const bool all_acks = write.send != nullptr && write.send->acks == -1;
        if (all_acks && event.outcome == Outcome::kOk) {
          const Offset before = promised_in(place_of(event), era);
          promised[place_of(event)][era] = std::max(before, event.offset + 1);
        }
        break;
      }
      case What::kPolled:
        for (const auto& [offset, value] : event.records) {
          Write& write = writes[value];
          if (!write.first_seen) write.first_seen = at;
          write.last_seen_era = era;
          write.seen_at = offset;
        }
        break;
      case What::kEnd: {
        Transaction& transaction = transactions[event.transaction];
        transaction.commits = event.commits;
        transaction.end_sent = true;
        transaction.end_at = at;
        break;
      }
      case What::kEnded:
        transactions[event.transaction].outcome = event.outcome;
        transactions[event.transaction].ended_at = at;
        break;
      case What::kBegin:
        transactions.try_emplace(event.transaction);
        break;
      case What::kLog: {
        at_rest = std::min(at_rest, at);
        Log& log = (event.committed_only ? committed_logs : logs)[place_of(event)];
        log.first = event.first;
        log.end = event.offset;
        for (const auto& [offset, value] : event.records) {
          log.records.emplace(offset, value);
          if (event.committed_only) committed_values_[place_of(event)].emplace(value, offset);
        }
        break;
      }
      case What::kLogStart: {
        Offset& start = log_starts[place_of(event)];
        start = std::max(start, event.offset);
        break;
      }
      case What::kTopicGone:
        gone_topics.insert(event.topic);
        break;
      case What::kFault:
        if (event.reason == kPowerCut) power_cuts.push_back(at);
        break;
      case What::kPosition:
      case What::kCommit:
      case What::kCommitted:
      case What::kAsk:
      case What::kStored:
      case What::kJoin:
      case What::kAssigned:
      case What::kTransforms:
        break;
    }
  }
  prove();
}

void Index::prove() {
  for (const auto& [value, write] : writes) {
    if (write.send == nullptr || write.send->transaction.empty()) continue;
    const Place place = place_of(*write.send);
    if (!committed_logs.contains(place)) continue;
    std::optional<bool>& proven = transactions[write.send->transaction].proven;
    if (committed_at(place, value)) {
      proven = true;
    } else if (!proven && write.outcome == Outcome::kOk && !asked_away(place, write.offset)) {
      proven = false;
    }
  }
}

std::optional<Offset> Index::committed_at(const Place& place, const std::string& value) const {
  const auto log = committed_values_.find(place);
  if (log == committed_values_.end()) return std::nullopt;
  const auto there = log->second.find(value);
  return there == log->second.end() ? std::nullopt : std::optional(there->second);
}

int Index::era_of(std::size_t at) const {
  return static_cast<int>(std::lower_bound(power_cuts.begin(), power_cuts.end(), at) - power_cuts.begin());
}

Offset Index::promised_in(const Place& place, int era) const {
  const auto found = promised.find(place);
  if (found == promised.end()) return Offset(0);
  const auto later = found->second.upper_bound(era);
  return later == found->second.begin() ? Offset(0) : std::prev(later)->second;
}

const Transaction* Index::transaction_of(const std::string& name) const {
  const auto found = transactions.find(name);
  return found == transactions.end() ? nullptr : &found->second;
}

const Log* Index::log_of(const Write& write) const {
  const auto& from = write.send->transaction.empty() ? logs : committed_logs;
  const auto found = from.find(place_of(*write.send));
  return found == from.end() ? nullptr : &found->second;
}

bool Index::asked_away(const Place& place, Offset offset) const {
  if (gone_topics.contains(place.first)) return true;
  const auto start = log_starts.find(place);
  return start != log_starts.end() && offset < start->second;
}

}  // namespace antiphon::sim
