#include "sim/history/checker.h"

#include <fmt/format.h>

#include "sim/history/checks.h"

namespace antiphon::sim {

std::string to_string(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::kLostWrite:
      return "lost write";
    case Anomaly::kDuplicate:
      return "duplicate";
    case Anomaly::kInconsistentOffsets:
      return "inconsistent offsets";
    case Anomaly::kPollSkip:
      return "poll skip";
    case Anomaly::kNonMonotonicPoll:
      return "non-monotonic poll";
    case Anomaly::kAbortedRead:
      return "aborted read";
    case Anomaly::kTornTransaction:
      return "torn transaction";
    case Anomaly::kEscapedOffsets:
      return "offsets committed outside their transaction";
    case Anomaly::kLostOffsets:
      return "lost offsets";
    case Anomaly::kNotExactlyOnce:
      return "not exactly once";
    case Anomaly::kOldGeneration:
      return "commit of an old generation";
    case Anomaly::kUnknownRecord:
      return "unknown record";
  }
  return "unknown";
}

Verdict judge(const History& history, int late_eras) {
  const Index index(history, late_eras);
  Verdict verdict;
  for (const Event& event : history) verdict.faults += event.what == What::kFault ? 1 : 0;
  check_logs(index, verdict);
  check_writes(index, verdict);
  check_polls(index, verdict);
  check_transactions(index, verdict);
  check_offsets(index, verdict);
  check_transforms(index, verdict);
  check_generations(index, verdict);
  return verdict;
}

void Verdict::add(const Verdict& other) {
  findings.insert(findings.end(), other.findings.begin(), other.findings.end());
  for (std::size_t i = 0; i < 3; ++i) acknowledged[i] += other.acknowledged[i];
  for (std::size_t i = 0; i < 2; ++i) allowed_losses[i] += other.allowed_losses[i];
  unknown_outcomes += other.unknown_outcomes;
  unknown_but_there += other.unknown_but_there;
  records_in_logs += other.records_in_logs;
  polled_records += other.polled_records;
  commits_acknowledged += other.commits_acknowledged;
  transactions_committed += other.transactions_committed;
  transactions_aborted += other.transactions_aborted;
  transactions_refused += other.transactions_refused;
  transactions_unknown += other.transactions_unknown;
  transformed += other.transformed;
  zombies_fenced += other.zombies_fenced;
  faults += other.faults;
}

std::string summary(const Verdict& verdict) {
  std::string text;
  const auto line = [&](std::string_view name, std::uint64_t number) {
    text += fmt::format("  {:<58}{:>12}\n", name, number);
  };
  line("records acknowledged under acks=all", verdict.acknowledged[2]);
  line("records acknowledged under acks=1", verdict.acknowledged[1]);
  line("  of them lost by a power cut, as acks=1 allows", verdict.allowed_losses[1]);
  line("records sent with acks=0", verdict.acknowledged[0]);
  line("  of them lost, as acks=0 allows", verdict.allowed_losses[0]);
  line("sends whose outcome nobody knew", verdict.unknown_outcomes);
  line("  of them in the log", verdict.unknown_but_there);
  line("records in the logs at the end", verdict.records_in_logs);
  line("records given to readers", verdict.polled_records);
  line("offset commits acknowledged", verdict.commits_acknowledged);
  line("transactions committed", verdict.transactions_committed);
  line("transactions aborted", verdict.transactions_aborted);
  line("transactions whose end was refused: fenced", verdict.transactions_refused);
  line("transactions without an end, or without its answer", verdict.transactions_unknown);
  line("records transformed exactly once", verdict.transformed);
  line("commits of members whose partition another one had: refused", verdict.zombies_fenced);
  line("faults", verdict.faults);
  line("anomalies", verdict.findings.size());
  return text;
}

}  // namespace antiphon::sim
