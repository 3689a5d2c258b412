// The options of everything that speaks to Kafka.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/bus/connection.h"
#include "cli/options.h"
#include "events/topics.h"

namespace antiphon::cli {

struct KafkaOptions {
  std::string bootstrap = "127.0.0.1:9092";
  std::string name_space = "voices";
  std::string config;                   // a file of such lines
  std::vector<std::string> properties;  // NAME=VALUE, librdkafka's names
  int partitions = events::kPartitionsDefault;
  int replication = 0;

  void add_to(Options& options);             // all of them
  void add_connection_to(Options& options);  // without partitions and replication
  // Of the file, then of --kafka-property; the environment's ANTIPHON_KAFKA_PASSWORD as sasl.password. kUsage, kConfig.
  [[nodiscard]] Result<std::map<std::string, std::string>> all_properties() const;
  // client.id NAMESPACE.STAGE.SLOT. kUsage: an address or a property that is none.
  [[nodiscard]] Result<bus::Connection> connection(const std::string& stage, const std::string& slot) const;
};

}  // namespace antiphon::cli
