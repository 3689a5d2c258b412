#include "sim/history/checks.h"

namespace antiphon::sim {

void check_transactions(const Index& index, Verdict& verdict) {
  struct Parts {
    std::uint64_t there = 0;
    const Event* missing = nullptr;
  };
  std::map<std::string, Parts> parts;
  for (const Event& event : index.history) {
    if (event.what != What::kSend || event.transaction.empty()) continue;
    if (!index.committed_logs.contains(place_of(event))) continue;
    const Write& write = index.writes.at(event.value);
    // One that was not acknowledged may be no part of it; one that was asked away is no witness.
    const bool there = index.committed_at(place_of(event), event.value).has_value();
    if (there) ++parts[event.transaction].there;
    if (!there && write.outcome == Outcome::kOk && !index.asked_away(place_of(event), write.offset)) {
      parts[event.transaction].missing = &event;
    }
  }
  for (const auto& [name, transaction] : index.transactions) {
    if (transaction.outcome == Outcome::kOk) {
      ++(transaction.commits ? verdict.transactions_committed : verdict.transactions_aborted);
    } else {
      ++(transaction.outcome == Outcome::kFailed ? verdict.transactions_refused : verdict.transactions_unknown);
    }
    const auto its = parts.find(name);
    if (its == parts.end() || its->second.there == 0 || its->second.missing == nullptr) continue;
    found(verdict, Anomaly::kTornTransaction, "transaction {}: {} of its records are there, '{}' of {} is not", name,
          its->second.there, its->second.missing->value, name_of(place_of(*its->second.missing)));
  }
}

}  // namespace antiphon::sim
