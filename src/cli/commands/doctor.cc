#include "tools/doctor/doctor.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"
#include "tools/status/collect.h"

namespace antiphon::cli {
namespace {

// The exit code of a report that could be made.
Result<int> tell(const Options& options, KafkaOptions kafka, const std::string& data, tools::DoctorQuestion question,
                 bool json) {
  if (!options.given("bootstrap")) kafka.bootstrap = tools::local_bootstrap(data).value_or(kafka.bootstrap);
  if (!options.given("bootstrap") && !options.given("namespace")) {
    kafka.name_space = tools::local_namespace(data).value_or(kafka.name_space);
  }
  ANTIPHON_TRY(topics, events::Topics::in(kafka.name_space));
  ANTIPHON_TRY(connection, kafka.connection("doctor", "0"));
  question.kafka = connection;
  question.topics = topics;
  ANTIPHON_TRY_VOID(bus::wait_until_reachable(connection, question.timeout));
  ANTIPHON_TRY(admin, bus::Admin::create(connection));
  ANTIPHON_TRY(report, tools::examine(*admin, question));
  fmt::print("{}", json ? tools::render_json(report) : tools::render_text(report));
  return report.exit_code();
}

}  // namespace

int run_doctor_command(const Arguments& arguments) {
  Options options("doctor", "Explains a Kafka cluster, and names each promise that its settings would break.");
  KafkaOptions kafka;
  std::string data = "./antiphon-data";
  int partitions = 0;
  tools::DoctorQuestion question;
  bool json = false;
  kafka.add_connection_to(options);
  options.add("data", data, "folder of an `antiphon up` on this machine, which says where its Kafka is");
  options
      .add("partitions", partitions,
           "as the stages are started; 0: as many as the recordings have, 6 where there are none")
      ->check(CLI::Range(0, events::kPartitionsMax));
  options.add("stage", question.stage, "whose permissions are judged: select, studio or archive; default: of all")
      ->check(CLI::IsMember({"select", "studio", "archive"}));
  options.add("name", question.archive_name, "the archive's, as it is started; default: archives of any name");
  options.add_flag("json", json, "the same as JSON, with every topic's settings");
  options.footer(
      "It only asks: nothing is made or changed. Each finding comes with the command that mends it.\n"
      "Exit codes: 0 every promise is kept; 78 one would break; 69 no Kafka answers, or writes are refused now.");
  if (const auto code = options.parse(arguments)) return *code;
  if (partitions > 0) question.partitions = partitions;
  const auto code = tell(options, kafka, data, std::move(question), json);
  return code ? *code : finish("doctor", code.error());
}

}  // namespace antiphon::cli
