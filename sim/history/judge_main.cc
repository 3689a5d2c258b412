// Judges a history that somebody wrote down as JSON lines (event.h). Exit code 0: no anomaly; 1: some; 65: not a
// history.
//   antiphon-judge [--late-notes] FILE      the clients' notes may come behind the fault that followed (checker.h)
#include <fmt/format.h>

#include <fstream>
#include <string_view>

#include "sim/history/checker.h"
#include "sim/history/event_json.h"

int main(int count, char** arguments) {
  using namespace antiphon;
  const bool late_notes = count == 3 && std::string_view(arguments[1]) == "--late-notes";
  if (count != (late_notes ? 3 : 2)) {
    fmt::print(stderr, "usage: antiphon-judge [--late-notes] HISTORY\n");
    return 64;
  }
  const char* const file = arguments[count - 1];
  std::ifstream in(file);
  if (!in) {
    fmt::print(stderr, "{}: cannot be read\n", file);
    return 66;
  }
  const auto history = sim::read_history(in);
  if (!history || history->empty()) {
    fmt::print(stderr, "{}: {}\n", file, history ? "empty" : history.error().message);
    return 65;
  }
  const sim::Verdict verdict = sim::judge(*history, late_notes ? 1 : 0);
  for (const auto& finding : verdict.findings)
    fmt::print("ANOMALY {}: {}\n", sim::to_string(finding.anomaly), finding.what);
  fmt::print("{}", sim::summary(verdict));
  return verdict.findings.empty() ? 0 : 1;
}
