#include "stages/select/select.h"

#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"
#include "events/event.h"

namespace antiphon::cli {

int run_select_command(const Arguments& arguments) {
  Options options("select", "Reads corpora and publishes one sentence at a time, only as many as are wanted.");
  select::SelectSettings settings;
  KafkaOptions kafka;
  kafka.add_to(options);
  options.add("corpus", settings.corpus_urls,
              "at least one: file:///folder-or-file or s3://bucket/prefix?...; repeatable");
  options.add("locale", settings.default_locale,
              "language of sentences whose file name does not say it (am.txt and sw-news.csv do)");
  options.add("takes", settings.wanted, "recordings wanted of each sentence")->check(CLI::Range(1, events::kWantedMax));
  options.add("ahead", settings.ahead, "open sentences kept ready in each language")
      ->check(CLI::Range(1, select::kAheadMax));
  options.add("data", settings.spool_dir, "folder for order=shuffled; may be lost at any time");
  options.add("rules", settings.rules_file, "TOML file: which sentences are left out; default: the built-in rules");
  options.add("slot", settings.slot,
              "which of several instances this is, kept over restarts: then it goes on at once after one");
  options.footer(
      "A corpus URL takes: id= locale= column= (csv, tsv) field= (jsonl) split=line|sentences order=corpus|shuffled "
      "seed=\n"
      "Read: .txt .csv .tsv .jsonl, each also .gz or .zst. Keys for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.\n"
      "One selector works in a namespace; a second one stands by. docs/formats/corpus.md tells more.");
  if (const auto code = options.parse(arguments)) return *code;

  const auto connection = kafka.connection("select", settings.slot);
  if (!connection) return finish("select", connection.error());
  settings.kafka = *connection;
  settings.name_space = kafka.name_space;
  settings.partitions = kafka.partitions;
  settings.replication = kafka.replication;
  if (const auto valid = settings.validate(); !valid) return finish("select", valid.error());
  return run_stage(
      options, "select", [] { return std::string("select"); },
      [&](Process& process) { return select::run_select(settings, process.stop, process.health, process.metrics); });
}

}  // namespace antiphon::cli
