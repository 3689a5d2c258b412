#include "cli/kafka_options.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/file_system.h"

namespace antiphon::cli {
namespace {

constexpr std::uint64_t kConfigBytesMax = 64U << 10U;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

// NAME=VALUE a line, # begins a comment line: what kcat -F takes, too.
Result<> read_config(const std::string& path, std::map<std::string, std::string>& properties) {
  PosixFileSystem files;
  auto bytes = read_file(files, path, kConfigBytesMax);
  if (!bytes) return make_error(ErrorKind::kConfig, fmt::format("--kafka-config: {}", bytes.error().message));
  std::string_view rest = as_text(*bytes);
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0)  // the line may hold a password: only its number is told
      return make_error(ErrorKind::kConfig, fmt::format("{}:{}: a line is NAME=VALUE", path, number));
    properties[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return {};
}

}  // namespace

void KafkaOptions::add_connection_to(Options& options) {
  options.add("bootstrap", bootstrap, "Kafka: HOST:PORT[,HOST:PORT...]; one broker of a cluster is enough");
  options.add("namespace", name_space, "first part of every topic and group name");
  options.add("kafka-config", config,
              "file of NAME=VALUE lines for the Kafka client (librdkafka's names): security.protocol, ssl.ca.location, "
              "sasl.mechanism, sasl.username, sasl.password ...; ANTIPHON_KAFKA_PASSWORD of the environment wins");
  options.add("kafka-property", properties, "NAME=VALUE, as in that file, but for passwords; repeatable");
}

void KafkaOptions::add_to(Options& options) {
  add_connection_to(options);
  options.add("partitions", partitions, "partitions of each topic; set once, at the first start")
      ->check(CLI::Range(1, events::kPartitionsMax));
  options.add("replication", replication, "replicas of each topic; 0: 1 on one broker, 2 on two, else 3")
      ->check(CLI::Range(0, 9));
}

Result<std::map<std::string, std::string>> KafkaOptions::all_properties() const {
  std::map<std::string, std::string> out;
  if (!config.empty()) ANTIPHON_TRY_VOID(read_config(config, out));
  for (const auto& property : properties) {
    const auto equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return make_error(ErrorKind::kUsage, "--kafka-property takes NAME=VALUE, such as security.protocol=SASL_SSL");
    }
    out[property.substr(0, equals)] = property.substr(equals + 1);
  }
  if (const char* password = std::getenv("ANTIPHON_KAFKA_PASSWORD"); password != nullptr && *password != '\0')
    out["sasl.password"] = password;
  return out;
}

Result<bus::Connection> KafkaOptions::connection(const std::string& stage, const std::string& slot) const {
  bus::Connection connection;
  connection.bootstrap = bootstrap;
  connection.client_id = fmt::format("{}.{}.{}", name_space, stage, slot);
  ANTIPHON_TRY(all, all_properties());
  connection.properties = std::move(all);
  ANTIPHON_TRY_VOID(connection.validate());
  return connection;
}

}  // namespace antiphon::cli
