#include "cli/process.h"

#include <fmt/format.h>
#include <prometheus/registry.h>

#include <cstdio>

#include "adapters/http/status_server.h"
#include "cli/version.h"

namespace antiphon::cli {
namespace {
constexpr std::chrono::milliseconds kAnnounceStep{
    500};  // how soon a stage that never became ready lets go of its announcer
}

void print_ready(const std::string& what) {
  fmt::print("ready{}{}\n", what.empty() ? "" : " ", what);
  std::fflush(stdout);
}

int finish(const std::string& command, const Result<>& result) {
  if (result || result.error().kind == ErrorKind::kCancelled) return 0;
  fmt::print(stderr, "antiphon {}: {}\n", command, result.error().message);
  return exit_code(result.error().kind);
}

int run_process(const Options& options, const std::string& command, const std::function<Result<>(Process&)>& body) {
  StopSource stop;
  stop.install_signal_handlers();
  Health health;
  prometheus::Registry metrics;
  std::unique_ptr<http::Server> status;
  if (!options.status_address().empty()) {
    const auto address = http::parse_listen_address(options.status_address());
    if (!address) return finish(command, address.error());
    auto server = http::start_status_server(*address, health, metrics, kVersion);
    if (!server) return finish(command, server.error());
    status = std::move(*server);
    fmt::print("status http://{}:{}\n", address->host, status->port());
    std::fflush(stdout);
  }
  options.log_settings();
  Process process{stop.token(), health, metrics};
  const Result<> result = body(process);
  health.set_stopping();
  return finish(command, result);
}

int run_stage(const Options& options, const std::string& command, const std::function<std::string()>& what,
              const std::function<Result<>(Process&)>& body) {
  return run_process(options, command, [&](Process& process) {
    const std::jthread announcer([&](const std::stop_token& ended) {
      while (!ended.stop_requested()) {
        if (process.health.wait_ready(kAnnounceStep)) return print_ready(what());
        if (process.health.report().state == HealthState::kStopping) return;
      }
    });
    const Result<> result = body(process);
    process.health.set_stopping();  // before the announcer is joined: it waits for a change
    return result;
  });
}

}  // namespace antiphon::cli
