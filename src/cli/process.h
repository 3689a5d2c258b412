// What every subcommand that stays up does in the same way: signals, health, status server, the exit code and its one
// line.
#pragma once

#include <functional>
#include <string>

#include "cli/options.h"
#include "core/health.h"
#include "core/result.h"
#include "core/stop.h"

namespace prometheus {
class Registry;
}

namespace antiphon::cli {

struct Process {
  StopToken stop;
  Health& health;
  prometheus::Registry& metrics;
};

// Runs `body` until it returns; its error becomes one line on standard error and the exit code. With --status its
// server runs beside it, and "status http://HOST:PORT" is printed on standard output as soon as it listens.
int run_process(const Options& options, const std::string& command, const std::function<Result<>(Process&)>& body);

// Runs `body` as run_process does, and prints "ready" (with what `what` says behind it) once its health says so.
int run_stage(const Options& options, const std::string& command, const std::function<std::string()>& what,
              const std::function<Result<>(Process&)>& body);

// The same end for commands that do one thing and stop.
int finish(const std::string& command, const Result<>& result);

// The last line on standard output when all is up.
void print_ready(const std::string& what);

}  // namespace antiphon::cli
