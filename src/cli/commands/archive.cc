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
  options.add("archive", settings.url,
              "where to, needed: file:///folder or s3://bucket/prefix?endpoint=http://host:port&region=...&name=...");
  options.add(
      "name", settings.name,
      "its name (else name= of the URL, else a hash of it); two names: each gets everything; one name: they share");
  options.add("slot", settings.slot,
              "which of several processes of one name this is, kept over restarts; none: any number of them");
  options.add("parallel", settings.parallel, "recordings stored at the same time")
      ->check(CLI::Range(1, archive::kParallelMax));
  options.footer(
      "It reads as the consumer group NAMESPACE.archive.NAME and goes on where that has committed.\n"
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
