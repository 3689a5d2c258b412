#include "cli/up/up_settings.h"

#include <fmt/format.h>

#include <filesystem>

#include "adapters/blobs/blob_store.h"
#include "adapters/http/server.h"
#include "cli/supervisor/program.h"
#include "core/uuid.h"
#include "events/topics.h"
#include "stages/archive/archive.h"

namespace antiphon::cli {
namespace {

constexpr std::uint64_t kSlotBytesMax = 64;

class ChildArguments {
 public:
  ChildArguments(const UpSettings& settings, const std::string& program, const std::string& command)
      : slot_(settings.slot),
        list_{sibling_program(program), command,        "--status",         "127.0.0.1:0", "--log-level",
              settings.log_level,       "--log-format", settings.log_format} {
    if (!settings.config_file.empty()) add("--config", settings.config_file);
  }
  ChildArguments& add(const std::string& flag, const std::string& value) {
    if (value.empty()) return *this;
    list_.push_back(flag);
    list_.push_back(value);
    return *this;
  }
  ChildArguments& add_kafka(const KafkaOptions& kafka) {
    add("--bootstrap", kafka.bootstrap).add("--namespace", kafka.name_space);
    add("--partitions", std::to_string(kafka.partitions)).add("--replication", std::to_string(kafka.replication));
    add("--slot", slot_);
    return add("--kafka-config", kafka.config);  // all properties stand there: none on a command line
  }
  [[nodiscard]] std::vector<std::string> list() const { return list_; }

 private:
  std::string slot_;
  std::vector<std::string> list_;
};

}  // namespace

Result<> UpSettings::complete() {
  ANTIPHON_TRY(address, http::parse_listen_address(http));
  ANTIPHON_TRY_VOID(events::Topics::in(kafka.name_space));
  ANTIPHON_TRY_VOID(security.settings());
  if (lan) {
    if (!tls.empty())
      return make_error(ErrorKind::kUsage, "--lan makes a certificate of its own; give either --lan or --tls CERT,KEY");
    if (http::is_loopback(address.host)) http = fmt::format("0.0.0.0:{}", address.port);
  }
  if (!tls.empty() && tls.find(',') == std::string::npos)
    return make_error(ErrorKind::kUsage, "--tls takes two files: CERT,KEY");
  if (archives.empty()) {
    archives.push_back("file://" + (std::filesystem::absolute(data).lexically_normal() / "archive").string());
  }
  for (const auto& url : corpora) ANTIPHON_TRY_VOID(blobs::parse_store_url(url));
  for (const auto& url : archives) ANTIPHON_TRY_VOID(blobs::parse_store_url(url));
  return {};
}

Result<std::string> slot_of_folder(FileSystem& fs, Random& random, const std::string& data) {
  const std::string path = data + "/slot";
  auto kept = read_file(fs, path, kSlotBytesMax);
  if (kept) return std::string(as_text(*kept));
  if (kept.error().kind != ErrorKind::kNotFound) return std::move(kept).error();
  const std::string slot = make_uuid_v4(random).substr(0, 8);
  ANTIPHON_TRY_VOID(write_file_atomically(fs, path, as_bytes(slot)));
  return slot;
}

events::Topics UpSettings::topics() const { return *events::Topics::in(kafka.name_space); }

std::string with_all_brokers(const std::string& bootstrap, const std::map<std::int32_t, std::string>& brokers) {
  std::string out = bootstrap;
  for (const auto& [id, address] : brokers) {
    if (("," + out + ",").find("," + address + ",") == std::string::npos) out += "," + address;
  }
  return out;
}

ChildSpec broker_child(const UpSettings& settings) {
  ChildArguments arguments(settings, "antiphon", "broker");
  arguments.add("--data", settings.data + "/broker")
      .add("--kafka", settings.listen)
      .add("--advertise", settings.advertise);
  const auto security = settings.security.arguments();
  for (std::size_t i = 0; i < security.size(); i += 2) arguments.add(security[i], security[i + 1]);
  for (const TopicSpec& spec : settings.topics().specs(settings.kafka.partitions)) {
    std::string text = fmt::format("{}:{}", spec.name, spec.partitions);
    for (const auto& [name, value] : spec.config) text += fmt::format(":{}={}", name, value);
    arguments.add("--topic", text);
  }
  return {"broker", arguments.list(), kStopBroker};
}

ChildSpec studio_child(const UpSettings& settings) {
  ChildArguments arguments(settings, "antiphon-stages", "studio");
  arguments.add_kafka(settings.kafka)
      .add("--http", settings.http)
      .add("--tls", settings.tls)
      .add("--web", settings.web);
  return {"studio", arguments.list(), kStopSources};
}

ChildSpec select_child(const UpSettings& settings) {
  ChildArguments arguments(settings, "antiphon-stages", "select");
  arguments.add_kafka(settings.kafka);
  for (const auto& url : settings.corpora) arguments.add("--corpus", url);
  arguments.add("--locale", settings.locale).add("--rules", settings.rules);
  arguments.add("--takes", std::to_string(settings.takes)).add("--ahead", std::to_string(settings.ahead));
  arguments.add("--data", settings.data + "/select");
  return {"select", arguments.list(), kStopSources};
}

std::vector<ChildSpec> archive_children(const UpSettings& settings) {
  std::vector<ChildSpec> out;
  for (const auto& url : settings.archives) {
    ChildArguments arguments(settings, "antiphon-stages", "archive");
    archive::ArchiveSettings archive;
    archive.url = url;
    // Said here, so that no ANTIPHON_NAME of the environment makes two archives share their work.
    arguments.add_kafka(settings.kafka).add("--archive", url).add("--name", archive.effective_name().value_or(""));
    const std::string name = settings.archives.size() == 1 ? "archive" : fmt::format("archive-{}", out.size() + 1);
    out.push_back({name, arguments.list(), kStopTargets});
  }
  return out;
}

}  // namespace antiphon::cli
