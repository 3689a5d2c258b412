// The settings a topic can have, by Kafka's names: type, default, what values are taken. One table for CreateTopics,
// DescribeConfigs and the checks of Produce.
//
// Obeyed: cleanup.policy, retention.*, segment.*, index.interval.bytes, max.message.bytes, delete.retention.ms,
// min.compaction.lag.ms, max.compaction.lag.ms, min.cleanable.dirty.ratio, message.timestamp.type,
// message.timestamp.after.max.ms, message.timestamp.before.max.ms, min.insync.replicas. The others are kept and shown:
// they have no meaning on one node (follower.*, leader.*, unclean.*, remote.*). compression.type is kept too: batches
// are stored as their producer sent them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.h"
#include "kafka/log/topic.h"

namespace antiphon::kafka::broker {

// Numbers of DescribeConfigs.
enum class ConfigType : std::int8_t {
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kShort = 4,
  kLong = 5,
  kDouble = 6,
  kList = 7
};
enum class ConfigSource : std::int8_t {
  kDynamicTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5,
  kGroup = 8
};

struct ConfigEntry {
  std::string_view name;
  ConfigType type;
  std::string_view default_value;
  double min = 0;  // of numbers
  double max = 0;
  std::string_view words;           // of kString and kList: what is taken, between commas; empty: anything
  std::string_view broker_synonym;  // the broker's setting that gives the default; empty: none
};

[[nodiscard]] std::span<const ConfigEntry> topic_configs();  // by name
[[nodiscard]] const ConfigEntry* find_topic_config(std::string_view name);
// Whether the setting takes the value, spaces around it aside.
[[nodiscard]] bool takes(const ConfigEntry& entry, std::string_view value);
// kInvalidInput: an unknown name, or a value that the setting does not take.
Result<> check_topic_config(std::string_view name, std::string_view value);

// What requests look at, read once from a topic's settings.
struct TopicPolicy {
  std::size_t message_bytes_max = 1'048'588;
  bool compacted = false;
  bool log_append_time = false;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = INT64_MAX;
  std::int32_t min_insync_replicas = 1;

  static TopicPolicy of(const log::TopicConfig& config);
};

}  // namespace antiphon::kafka::broker
