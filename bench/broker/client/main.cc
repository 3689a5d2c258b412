// The client of `./dev bench broker` and `./dev bench acks`: one measurement a call, its figures as JSON on standard
// output.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "measurements.h"

namespace {

using Arguments = std::vector<std::string>;
using nlohmann::json;

int number(const std::string& text) { return std::atoi(text.c_str()); }

struct Measurement {
  std::size_t arguments;
  const char* usage;
  json (*run)(const Arguments&);
};

const std::map<std::string, Measurement>& measurements() {
  using namespace antiphon::bench;
  static const std::map<std::string, Measurement> all = {
      {"produce",
       {5, "BOOTSTRAP TOPIC COUNT SIZE ACKS",
        [](const Arguments& a) { return produce(a[0], a[1], number(a[2]), number(a[3]), a[4].c_str()); }}},
      {"consume", {3, "BOOTSTRAP TOPIC COUNT", [](const Arguments& a) { return consume(a[0], a[1], number(a[2])); }}},
      {"end-to-end",
       {6, "BOOTSTRAP TOPIC RATE SIZE COUNT ACKS",
        [](const Arguments& a) {
          return end_to_end(a[0], a[1], number(a[2]), number(a[3]), number(a[4]), a[5].c_str());
        }}},
      {"in-flight",
       {6, "BOOTSTRAP TOPIC CLIENTS SECONDS SIZE ACKS",
        [](const Arguments& a) {
          return in_flight(a[0], a[1], number(a[2]), std::atof(a[3].c_str()), number(a[4]), a[5].c_str());
        }}},
      {"steady",
       {9, "BOOTSTRAP TOPIC PARTITIONS RATE SIZE COUNT ACKS IDEMPOTENT JOURNAL",
        [](const Arguments& a) {
          return steady(
              {a[0], a[1], number(a[2]), number(a[3]), number(a[4]), number(a[5]), a[6], a[7] == "true", a[8]});
        }}},
      {"create-topic",
       {5, "BOOTSTRAP TOPIC PARTITIONS REPLICAS MIN_IN_SYNC",
        [](const Arguments& a) { return create_topic(a[0], a[1], number(a[2]), number(a[3]), a[4].c_str()); }}},
      {"first-ack", {3, "HOST PORT TOPIC", [](const Arguments& a) { return first_ack(a[0], number(a[1]), a[2]); }}},
      {"crowd",
       {3, "HOST PORT COUNT",
        [](const Arguments& a) {
          crowd(a[0], number(a[1]), number(a[2]));
          return json();
        }}},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string name = argc > 1 ? argv[1] : "";
  const auto found = measurements().find(name);
  if (found == measurements().end() || static_cast<std::size_t>(argc) != found->second.arguments + 2) {
    for (const auto& [known, measurement] : measurements())
      std::fprintf(stderr, "usage: bench_broker_client %s %s\n", known.c_str(), measurement.usage);
    return 64;
  }
  const json figures = found->second.run(Arguments(argv + 2, argv + argc));
  if (!figures.is_null()) std::puts(figures.dump().c_str());
}
