#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"
#include "tools/status/collect.h"

namespace antiphon::cli {
namespace {

Result<> tell(const Options& options, KafkaOptions kafka, const std::string& data, bool json) {
  if (!options.given("bootstrap")) kafka.bootstrap = tools::local_bootstrap(data).value_or(kafka.bootstrap);
  if (!options.given("bootstrap") && !options.given("namespace")) {
    kafka.name_space = tools::local_namespace(data).value_or(kafka.name_space);
  }
  if (!options.given("bootstrap") && kafka.config.empty()) kafka.config = tools::local_kafka_config(data).value_or("");
  ANTIPHON_TRY(topics, events::Topics::in(kafka.name_space));
  ANTIPHON_TRY(connection, kafka.connection("status", "0"));
  const SystemClock clock;
  tools::StatusQuestion question{connection, topics, data};
  ANTIPHON_TRY_VOID(bus::wait_until_reachable(connection, question.timeout));
  ANTIPHON_TRY(report, tools::collect_status(question, clock));
  fmt::print("{}", json ? tools::render_json(report) : tools::render_text(report));
  return {};
}

}  // namespace

int run_status_command(const Arguments& arguments) {
  Options options("status", "What runs, what flows, what waits, what failed: one screen.");
  KafkaOptions kafka;
  std::string data = "./antiphon-data";
  bool json = false;
  kafka.add_connection_to(options);
  options.add("data", data,
              "folder of an `antiphon up` on this machine: its processes are told, and where its Kafka is");
  options.add_flag("json", json, "the same as JSON");
  options.footer("It only asks: nothing is changed, no group is joined. Exit code 69: no Kafka answers.");
  if (const auto code = options.parse(arguments)) return *code;
  return finish("status", tell(options, kafka, data, json));
}

}  // namespace antiphon::cli
