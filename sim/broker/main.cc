// Runs lives of the simulated broker, one a seed.
//   antiphon-sim --seed S [--steps N] [--history FILE]     one, with what is wrong; its history as JSON lines
//   antiphon-sim --seeds N [--from S] [--report FILE]      many, with progress; a report in Markdown
// Exit code 0: no seed failed.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "core/logging.h"
#include "sim/broker/life.h"
#include "sim/history/event_json.h"

namespace antiphon::sim {
namespace {

constexpr std::uint64_t kProgressEvery = 500;
constexpr std::size_t kFailuresShownMax = 20;

int one(std::uint64_t seed, std::uint64_t steps, const std::string& history_file) {
  const LifeResult result = live(seed, steps);
  if (!history_file.empty()) {
    std::ofstream out(history_file);
    for (const Event& event : result.history) out << to_json_line(event);
  }
  fmt::print("seed {}: {} steps, {} events, history {}\n{}", seed, result.counts.steps, result.history.size(),
             result.hash, summary(result.verdict));
  if (result.good()) return 0;
  fmt::print("{}", explain(seed, result));
  if (steps == UINT64_MAX) fmt::print("  it fails after {} steps, too: --steps\n", shortest_failure(seed));
  return 1;
}

struct Sum {
  Verdict verdict;
  LifeCounts counts;
  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;
  std::string failures;
  double seconds = 0;
};

std::string report(const Sum& sum, std::uint64_t from) {
  const auto now = std::chrono::system_clock::now();
  std::string text = fmt::format(
      "# The broker under {} seeds, {:%Y-%m-%d}\n\n`./dev sim {} {}`: seeds {} to {}, one core, {:.0f} s ({:.1f} ms "
      "each). "
      "**{} failed.**\n\n"
      "Each seed is one life of the whole broker core over a disk in memory that drops, tears and reorders what was "
      "not synced, "
      "with producers, transactional producers and their zombies, a group that transforms each record exactly once "
      "and its zombies, groups and readers of both isolation levels as plain objects (sim/broker); a checker judges "
      "what they saw "
      "(sim/history).\n\n",
      sum.seeds, now, sum.seeds, from, from, from + sum.seeds - 1, sum.seconds,
      sum.seconds * 1000 / static_cast<double>(sum.seeds), sum.failed);
  text += "```\n";
  const auto line = [&](std::string_view name, std::uint64_t n) { text += fmt::format("  {:<58}{:>12}\n", name, n); };
  line("steps", sum.counts.steps);
  line("power cuts", sum.counts.power_cuts);
  line("kills", sum.counts.kills);
  line("orderly stops", sum.counts.orderly_stops);
  line("faults of the disk asked for (EIO, ENOSPC, lost pages, full)", sum.counts.disk_faults);
  line("jumps of the clock", sum.counts.clock_jumps);
  line("connections dropped", sum.counts.connections_dropped);
  text += summary(sum.verdict) + "```\n";
  if (!sum.failures.empty()) text += "\n## Failures\n\n```\n" + sum.failures + "```\n";
  return text;
}

int many(std::uint64_t from, std::uint64_t count, const std::string& report_file) {
  Sum sum;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    LifeResult result = live(seed);
    ++sum.seeds;
    if (!result.good()) {
      if (sum.failed++ < kFailuresShownMax) {
        const std::string text = explain(seed, result);
        fmt::print("{}", text);
        sum.failures += text;
      }
    }
    sum.verdict.add(result.verdict);
    sum.counts.add(result.counts);
    sum.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (sum.seeds % kProgressEvery == 0) {
      fmt::print("{} of {} seeds, {} failed, {:.0f} s\n", sum.seeds, count, sum.failed, sum.seconds);
      std::fflush(stdout);
    }
  }
  const std::string text = report(sum, from);
  fmt::print("{}", text);
  if (!report_file.empty()) std::ofstream(report_file) << text;
  return sum.failed == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const auto number = [&](const char* name, std::uint64_t otherwise) {
    const auto found = options.find(name);
    return found == options.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
  };
  logging::Settings quiet;
  quiet.minimum = logging::Level::kOff;
  logging::configure(quiet);
  if (options.contains("--seed")) return one(number("--seed", 1), number("--steps", UINT64_MAX), options["--history"]);
  if (options.contains("--seeds")) return many(number("--from", 1), number("--seeds", 1), options["--report"]);
  fmt::print(stderr,
             "usage: antiphon-sim --seed S [--steps N] [--history FILE] | --seeds N [--from S] [--report FILE]\n");
  return 64;
}

}  // namespace
}  // namespace antiphon::sim

int main(int argc, char** argv) { return antiphon::sim::run(argc, argv); }
