#include "kafka/broker/core/topic_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace antiphon::kafka::broker {
namespace {

using enum ConfigType;
constexpr double kIntMax = 2147483647.0;
constexpr double kLongMax = 9.3e18;  // wider than a long: from_chars has the exact bound

// Defaults of Kafka 3.9.
constexpr ConfigEntry kTopicConfigs[] = {
    {"cleanup.policy", kList, "delete", 0, 0, "compact,delete", "log.cleanup.policy"},
    {"compression.gzip.level", kInt, "-1", -1, 9, "", "compression.gzip.level"},
    {"compression.lz4.level", kInt, "9", 1, 17, "", "compression.lz4.level"},
    {"compression.type", kString, "producer", 0, 0, "uncompressed,zstd,lz4,snappy,gzip,producer", "compression.type"},
    {"compression.zstd.level", kInt, "3", -131072, 22, "", "compression.zstd.level"},
    {"delete.retention.ms", kLong, "86400000", 0, kLongMax, "", "log.cleaner.delete.retention.ms"},
    {"file.delete.delay.ms", kLong, "60000", 0, kLongMax, "", "log.segment.delete.delay.ms"},
    {"flush.messages", kLong, "9223372036854775807", 1, kLongMax, "", "log.flush.interval.messages"},
    {"flush.ms", kLong, "9223372036854775807", 0, kLongMax, "", "log.flush.interval.ms"},
    {"follower.replication.throttled.replicas", kList, "", 0, 0, "", ""},
    {"index.interval.bytes", kInt, "4096", 0, kIntMax, "", "log.index.interval.bytes"},
    {"leader.replication.throttled.replicas", kList, "", 0, 0, "", ""},
    {"local.retention.bytes", kLong, "-2", -2, kLongMax, "", "log.local.retention.bytes"},
    {"local.retention.ms", kLong, "-2", -2, kLongMax, "", "log.local.retention.ms"},
    {"max.compaction.lag.ms", kLong, "9223372036854775807", 1, kLongMax, "", "log.cleaner.max.compaction.lag.ms"},
    {"max.message.bytes", kInt, "1048588", 0, kIntMax, "", "message.max.bytes"},
    {"message.downconversion.enable", kBoolean, "true", 0, 0, "", "log.message.downconversion.enable"},
    {"message.format.version", kString, "3.0-IV1", 0, 0, "", "log.message.format.version"},
    {"message.timestamp.after.max.ms", kLong, "9223372036854775807", 0, kLongMax, "",
     "log.message.timestamp.after.max.ms"},
    {"message.timestamp.before.max.ms", kLong, "9223372036854775807", 0, kLongMax, "",
     "log.message.timestamp.before.max.ms"},
    {"message.timestamp.difference.max.ms", kLong, "9223372036854775807", 0, kLongMax, "",
     "log.message.timestamp.difference.max.ms"},
    {"message.timestamp.type", kString, "CreateTime", 0, 0, "CreateTime,LogAppendTime", "log.message.timestamp.type"},
    {"min.cleanable.dirty.ratio", kDouble, "0.5", 0, 1, "", "log.cleaner.min.cleanable.ratio"},
    {"min.compaction.lag.ms", kLong, "0", 0, kLongMax, "", "log.cleaner.min.compaction.lag.ms"},
    {"min.insync.replicas", kInt, "1", 1, kIntMax, "", "min.insync.replicas"},
    {"preallocate", kBoolean, "false", 0, 0, "", "log.preallocate"},
    {"remote.storage.enable", kBoolean, "false", 0, 0, "", ""},
    {"retention.bytes", kLong, "-1", -1, kLongMax, "", "log.retention.bytes"},
    {"retention.ms", kLong, "604800000", -1, kLongMax, "", "log.retention.ms"},
    {"segment.bytes", kInt, "1073741824", 14, kIntMax, "", "log.segment.bytes"},
    {"segment.index.bytes", kInt, "10485760", 4, kIntMax, "", "log.index.size.max.bytes"},
    {"segment.jitter.ms", kLong, "0", 0, kLongMax, "", "log.roll.jitter.ms"},
    {"segment.ms", kLong, "604800000", 1, kLongMax, "", "log.roll.ms"},
    {"unclean.leader.election.enable", kBoolean, "false", 0, 0, "", "unclean.leader.election.enable"},
};

bool word_of(std::string_view word, std::string_view words) {
  while (true) {
    const auto comma = words.find(',');
    if (words.substr(0, comma) == word) return true;
    if (comma == std::string_view::npos) return false;
    words.remove_prefix(comma + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool list_of(std::string_view value, std::string_view words) {
  while (true) {
    const auto comma = value.find(',');
    if (!word_of(trimmed(value.substr(0, comma)), words)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

template <class T>
bool number_in(const ConfigEntry& entry, std::string_view value) {
  T number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc{} && end == value.data() + value.size() && static_cast<double>(number) >= entry.min &&
         static_cast<double>(number) <= entry.max;
}

bool takes_trimmed(const ConfigEntry& entry, std::string_view value) {
  switch (entry.type) {
    case kBoolean:
      return value == "true" || value == "false";
    case kInt:
    case kShort:
      return number_in<std::int32_t>(entry, value);
    case kLong:
      return number_in<std::int64_t>(entry, value);
    case kDouble:
      return number_in<double>(entry, value);
    case kString:
      return entry.words.empty() || word_of(value, entry.words);
    case kList:
      return entry.words.empty() || list_of(value, entry.words);
  }
  return false;
}

template <class T>
T number(const log::TopicConfig& config, std::string_view name, T otherwise) {
  const auto found = config.find(name);
  if (found == config.end()) return otherwise;
  T value{};
  const auto& text = found->second;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{} ? value : otherwise;
}

}  // namespace

std::span<const ConfigEntry> topic_configs() { return kTopicConfigs; }

bool takes(const ConfigEntry& entry, std::string_view value) { return takes_trimmed(entry, trimmed(value)); }

const ConfigEntry* find_topic_config(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kTopicConfigs), std::end(kTopicConfigs), [&](const auto& e) { return e.name == name; });
  return found == std::end(kTopicConfigs) ? nullptr : found;
}

Result<> check_topic_config(std::string_view name, std::string_view value) {
  const ConfigEntry* entry = find_topic_config(name);
  if (entry == nullptr) return make_error(ErrorKind::kInvalidInput, fmt::format("Unknown topic config name: {}", name));
  if (!takes(*entry, value)) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("Invalid value {} for configuration {}", value, name));
  }
  return {};
}

TopicPolicy TopicPolicy::of(const log::TopicConfig& config) {
  TopicPolicy policy;
  policy.message_bytes_max = number<std::size_t>(config, "max.message.bytes", policy.message_bytes_max);
  policy.compacted = log::partition_config(config, {}).compacts;
  const auto type = config.find("message.timestamp.type");
  policy.log_append_time = type != config.end() && type->second == "LogAppendTime";
  policy.timestamp_before_max_ms =
      number<std::int64_t>(config, "message.timestamp.before.max.ms", policy.timestamp_before_max_ms);
  policy.timestamp_after_max_ms =
      number<std::int64_t>(config, "message.timestamp.after.max.ms", policy.timestamp_after_max_ms);
  policy.min_insync_replicas = number<std::int32_t>(config, "min.insync.replicas", 1);
  return policy;
}

}  // namespace antiphon::kafka::broker
