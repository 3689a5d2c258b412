// Judges a history that somebody wrote down as JSON lines (event.h). Exit code 0: no anomaly; 1: some; 65: not a
// history.
//   antiphon-judge FILE
#include <fmt/format.h>

#include <fstream>

#include "sim/history/checker.h"
#include "sim/history/event_json.h"

int main(int count, char** arguments) {
  using namespace antiphon;
  if (count != 2) {
    fmt::print(stderr, "usage: antiphon-judge HISTORY\n");
    return 64;
  }
  std::ifstream in(arguments[1]);
  if (!in) {
    fmt::print(stderr, "{}: cannot be read\n", arguments[1]);
    return 66;
  }
  const auto history = sim::read_history(in);
  if (!history || history->empty()) {
    fmt::print(stderr, "{}: {}\n", arguments[1], history ? "empty" : history.error().message);
    return 65;
  }
  const sim::Verdict verdict = sim::judge(*history);
  for (const auto& finding : verdict.findings)
    fmt::print("ANOMALY {}: {}\n", sim::to_string(finding.anomaly), finding.what);
  fmt::print("{}", sim::summary(verdict));
  return verdict.findings.empty() ? 0 : 1;
}
