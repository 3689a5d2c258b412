// What clients set on the broker and on groups while it ran (AlterConfigs, IncrementalAlterConfigs); topics keep their
// settings in the log. One small file, replaced as a whole, durable when set() returns:
//
//   TYPE \t NAME \t KEY \t VALUE \n      TYPE is the number of the resource's type; ascending by type, name and key
//
// These settings are kept and shown. Nothing reads them: they tune what this broker does not have (cleaner threads, the
// group protocol of KIP-848), or are defaults of topics, which have their own here (topic_configs.h).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "kafka/broker/core/topic_configs.h"

namespace antiphon::kafka::broker {

// Numbers of the resources that have settings.
constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
constexpr std::int8_t kBrokerLoggerResource = 8;
constexpr std::int8_t kClientMetricsResource = 16;
constexpr std::int8_t kGroupResource = 32;

// What a broker or a group takes, beside the defaults of topics (a broker, by their synonyms).
[[nodiscard]] std::span<const ConfigEntry> dynamic_broker_configs();
[[nodiscard]] std::span<const ConfigEntry> group_configs();
// The setting as this resource knows it. nullptr: it knows none, or not while it runs.
[[nodiscard]] const ConfigEntry* find_dynamic_config(std::int8_t resource_type, std::string_view name);

class DynamicConfigs {
 public:
  static constexpr std::size_t kResourcesMax = 10'000;
  static constexpr std::size_t kBytesMax = 8U << 20U;

  // A file that is not there: nothing is set. kCorrupt: it says something else than set() writes.
  static Result<DynamicConfigs> open(FileSystem& files, std::string path);
  // The resource's settings; empty where none is set.
  [[nodiscard]] const log::TopicConfig& of(std::int8_t resource_type, std::string_view name) const;
  // The names of this type's resources that have settings, ascending.
  [[nodiscard]] std::vector<std::string_view> names(std::int8_t resource_type) const;
  // Replaces them all. kLimit, kInvalidInput (a name or value with a tab or a line end), kIo.
  Result<> set(std::int8_t resource_type, std::string_view name, log::TopicConfig config);

  using Table = std::map<std::pair<std::int8_t, std::string>, log::TopicConfig, std::less<>>;
  static Result<Table> parse(std::string_view text);
  static std::string format(const Table& table);

 private:
  DynamicConfigs(FileSystem& files, std::string path, Table table)
      : files_(&files), path_(std::move(path)), table_(std::move(table)) {}

  FileSystem* files_;
  std::string path_;
  Table table_;
};

}  // namespace antiphon::kafka::broker
