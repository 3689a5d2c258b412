// Asks the cluster, and the processes of this machine, what `antiphon status` tells. Reads only; nothing is committed
// or changed.
//
// Open sentences are counted from prompts and prompt-state, which are read whole: seconds for a million prompts.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "core/clock.h"
#include "core/result.h"
#include "events/topics.h"
#include "tools/status/report.h"

namespace antiphon::tools {

struct StatusQuestion {
  bus::Connection kafka;
  events::Topics topics;
  std::string data_dir;  // of an `antiphon up` on this machine; where it has no up.json the processes are left out
  std::chrono::milliseconds timeout{5'000};
};

Result<StatusReport> collect_status(const StatusQuestion& question, const Clock& clock);

// What DATA/up.json and the status servers it names say; empty where nothing runs.
std::vector<ProcessLine> local_processes(const std::string& data_dir);
// The `bootstrap`, the `namespace` and the `kafka_config` (a file, or empty) of that file, if it is there.
std::optional<std::string> local_bootstrap(const std::string& data_dir);
std::optional<std::string> local_namespace(const std::string& data_dir);
std::optional<std::string> local_kafka_config(const std::string& data_dir);

}  // namespace antiphon::tools
