// The checks, each on its own (checker.h says what they look for).
#pragma once

#include <fmt/format.h>

#include "sim/history/checker.h"
#include "sim/history/index.h"

namespace antiphon::sim {

void check_logs(const Index& index, Verdict& verdict);          // every record that stands in a log
void check_writes(const Index& index, Verdict& verdict);        // every send: is it where it was promised?
void check_polls(const Index& index, Verdict& verdict);         // every reader, answer by answer
void check_transactions(const Index& index, Verdict& verdict);  // all or nothing
void check_offsets(const Index& index, Verdict& verdict);       // every group's committed offsets
void check_transforms(const Index& index, Verdict& verdict);    // consume, transform, produce: exactly once
void check_generations(const Index& index, Verdict& verdict);   // who lost a partition commits nothing for it

template <class... Args>
void found(Verdict& verdict, Anomaly anomaly, fmt::format_string<Args...> text, Args&&... args) {
  verdict.findings.push_back({anomaly, fmt::format(text, std::forward<Args>(args)...)});
}

}  // namespace antiphon::sim
