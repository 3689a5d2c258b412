#include "cli/kafka_options.h"

#include <fmt/format.h>

namespace antiphon::cli {

void KafkaOptions::add_connection_to(Options& options) {
  options.add("bootstrap", bootstrap, "Kafka: HOST:PORT[,HOST:PORT...]; one broker of a cluster is enough");
  options.add("namespace", name_space, "first part of every topic and group name");
  options.add("kafka-property", properties,
              "NAME=VALUE for the Kafka client (librdkafka's names), for TLS and SASL; repeatable");
}

void KafkaOptions::add_to(Options& options) {
  add_connection_to(options);
  options.add("partitions", partitions, "partitions of each topic; set once, at the first start")
      ->check(CLI::Range(1, events::kPartitionsMax));
  options.add("replication", replication, "replicas of each topic; 0: 1 on one broker, 2 on two, else 3")
      ->check(CLI::Range(0, 9));
}

Result<bus::Connection> KafkaOptions::connection(const std::string& stage, const std::string& slot) const {
  bus::Connection connection;
  connection.bootstrap = bootstrap;
  connection.client_id = fmt::format("{}.{}.{}", name_space, stage, slot);
  for (const auto& property : properties) {
    const auto equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return make_error(ErrorKind::kUsage, "--kafka-property takes NAME=VALUE, such as security.protocol=SASL_SSL");
    }
    connection.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  ANTIPHON_TRY_VOID(connection.validate());
  return connection;
}

}  // namespace antiphon::cli
