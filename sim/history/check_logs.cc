#include <algorithm>

#include "sim/history/checks.h"

namespace antiphon::sim {
namespace {

void check_log(const Index& index, const Place& place, const Log& log, bool committed_only, Verdict& verdict) {
  std::map<std::string, Offset> seen;
  for (const auto& [offset, value] : log.records) {
    const auto write = index.writes.find(value);
    if (write == index.writes.end() || write->second.send == nullptr || place_of(*write->second.send) != place) {
      found(verdict, Anomaly::kUnknownRecord, "{} offset {}: '{}', which nobody sent there", name_of(place),
            offset.value(), value);
      continue;
    }
    const auto [first, is_new] = seen.emplace(value, offset);
    if (!is_new && !write->second.send->repeats) {
      found(verdict, Anomaly::kDuplicate, "{}: '{}' at offset {} and at offset {}", name_of(place), value,
            first->second.value(), offset.value());
    }
    const Transaction* transaction = index.transaction_of(write->second.send->transaction);
    if (committed_only && transaction != nullptr && !transaction->may_be_committed()) {
      found(verdict, Anomaly::kAbortedRead, "{} offset {}: '{}' of transaction {}, which was not committed",
            name_of(place), offset.value(), value, write->second.send->transaction);
    }
  }
}

}  // namespace

void check_logs(const Index& index, Verdict& verdict) {
  for (const auto& [place, log] : index.logs) {
    verdict.records_in_logs += log.records.size();
    check_log(index, place, log, false, verdict);
  }
  for (const auto& [place, log] : index.committed_logs) check_log(index, place, log, true, verdict);
  // The same as the client wrote it down: a map would have hidden it.
  for (const Event& event : index.history) {
    if (event.what != What::kLog) continue;
    for (std::size_t i = 1; i < event.records.size(); ++i) {
      if (event.records[i].first > event.records[i - 1].first) continue;
      found(verdict, Anomaly::kInconsistentOffsets, "{}: '{}' at offset {} behind '{}' at offset {}",
            name_of(place_of(event)), event.records[i].second, event.records[i].first.value(),
            event.records[i - 1].second, event.records[i - 1].first.value());
    }
  }
}

}  // namespace antiphon::sim
