// bench_sizing: what the product's objects take at a given size, one measurement a process; prints one JSON object.
// bench/sizing/run calls it.
//
//   bench_sizing studio open|counted|readback COUNT [takes=N] [first=N] [text=BYTES] [decode=0|1]
//   bench_sizing selector COUNT
//   bench_sizing archive COUNT
//   bench_sizing fill HOST:PORT [partitions=N] [sentences=N] [leases=0|1] [recordings=N] [first=N] [audio=FILE]
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measurements.h"

namespace antiphon::bench {
namespace {

constexpr int kExitUsage = 64;

// NAME=VALUE arguments, each used once.
class Options {
 public:
  explicit Options(std::span<const std::string> arguments) {
    for (const std::string& argument : arguments) {
      const std::size_t equals = argument.find('=');
      if (equals == std::string::npos)
        wrong_ = argument;
      else
        values_[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
  }
  std::string text(const std::string& name) {
    const auto node = values_.extract(name);
    return node.empty() ? std::string() : node.mapped();
  }
  std::uint64_t number(const std::string& name, std::uint64_t otherwise) {
    const std::string value = text(name);
    return value.empty() ? otherwise : std::stoull(value);
  }
  // The first argument that nobody asked for.
  [[nodiscard]] std::optional<std::string> unknown() const {
    if (wrong_) return wrong_;
    return values_.empty() ? std::nullopt : std::optional(values_.begin()->first);
  }

 private:
  std::map<std::string, std::string> values_;
  std::optional<std::string> wrong_;
};

std::optional<StudioKind> studio_kind(const std::string& name) {
  if (name == "open") return StudioKind::kOpen;
  if (name == "counted") return StudioKind::kCounted;
  if (name == "readback") return StudioKind::kReadBack;
  return std::nullopt;
}

nlohmann::json studio_of(StudioKind kind, std::uint64_t count, Options& options) {
  StudioPlan plan;
  plan.kind = kind;
  plan.count = count;
  plan.takes = options.number("takes", 1);
  plan.first = options.number("first", 0);
  plan.text_bytes = static_cast<std::uint32_t>(options.number("text", plan.text_bytes));
  plan.decode = options.number("decode", 1) != 0;
  return measure_studio(plan);
}

nlohmann::json fill_of(const std::string& bootstrap, Options& options) {
  FillPlan plan;
  plan.bootstrap = bootstrap;
  plan.partitions = static_cast<std::int32_t>(options.number("partitions", 6));
  plan.sentences = options.number("sentences", 0);
  plan.leases = options.number("leases", 0) != 0;
  plan.recordings = options.number("recordings", 0);
  plan.first = options.number("first", 0);
  if (const std::string audio = options.text("audio"); !audio.empty()) {
    std::ifstream file(audio, std::ios::binary);
    plan.audio.assign(std::istreambuf_iterator<char>(file), {});
  }
  return fill(plan);
}

// Nothing: it was not called as it should be.
std::optional<nlohmann::json> measure(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return std::nullopt;
  const std::string& what = arguments[0];
  const bool is_studio = what == "studio";
  if (is_studio && arguments.size() < 3) return std::nullopt;
  Options options(std::span<const std::string>(arguments).subspan(is_studio ? 3 : 2));
  std::optional<nlohmann::json> told;
  if (is_studio) {
    const auto kind = studio_kind(arguments[1]);
    if (kind) told = studio_of(*kind, std::stoull(arguments[2]), options);
  }
  if (what == "selector") told = measure_selector(std::stoull(arguments[1]));
  if (what == "archive") told = measure_archive(std::stoull(arguments[1]));
  if (what == "fill") told = fill_of(arguments[1], options);
  if (const auto unknown = options.unknown()) {
    fmt::print(stderr, "bench_sizing: what is '{}'?\n", *unknown);
    return std::nullopt;
  }
  return told;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
  const auto told = antiphon::bench::measure(std::vector<std::string>(argv + 1, argv + argc));
  if (!told) {
    fmt::print(stderr, "bench_sizing: see the beginning of bench/sizing/main.cc for its arguments\n");
    return antiphon::bench::kExitUsage;
  }
  fmt::print("{}\n", told->dump());
  return 0;
}
