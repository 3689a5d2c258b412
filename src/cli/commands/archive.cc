#include "stages/archive/archive.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"

namespace antiphon::cli {

int run_archive_command(const Arguments& arguments) {
  Options options("archive", "Stores every recording, and a sidecar with its headers, in a folder or in S3.");
  archive::ArchiveSettings settings;
  KafkaOptions kafka;
  kafka.add_to(options);
  options.add("archive", settings.url, "file:///folder or s3://bucket/prefix?endpoint=http://host:port&region=...");
  options.add("name", settings.name,
              "its name; the group is NAMESPACE.archive.NAME. Two names: each gets everything; one name: they share");
  options.add("slot", settings.slot, "which of several processes of this name this is; keep it over restarts");
  options.add("parallel", settings.parallel, "recordings stored at the same time")
      ->check(CLI::Range(1, archive::kParallelMax));
  options.footer(
      "Keys for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (AWS_ENDPOINT_URL, AWS_REGION where the URL does not "
      "say).\n"
      "What it cannot use goes to the topic dlq.NAMESPACE.recordings.archive.NAME with the reason.");
  if (const auto code = options.parse(arguments)) return *code;

  const auto connection = kafka.connection("archive", settings.slot);
  if (!connection) return finish("archive", connection.error());
  settings.kafka = *connection;
  settings.name_space = kafka.name_space;
  settings.partitions = kafka.partitions;
  settings.replication = kafka.replication;
  const auto name = settings.effective_name();
  if (!name) return finish("archive", name.error());
  settings.name = *name;
  settings.kafka.client_id = fmt::format("{}.archive-{}.{}", kafka.name_space, settings.name, settings.slot);
  if (const auto valid = settings.validate(); !valid) return finish("archive", valid.error());
  return run_stage(
      options, "archive", [&] { return settings.name; },
      [&](Process& process) { return archive::run_archive(settings, process.stop, process.health, process.metrics); });
}

}  // namespace antiphon::cli
