#include "kafka/log/topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/bytes.h"

namespace antiphon::kafka::log {
namespace {

template <class T>
void read_number(const TopicConfig& config, std::string_view name, T minimum, T& value) {
  const auto found = config.find(name);
  if (found == config.end()) return;
  const std::string& text = found->second;
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= minimum) value = number;
}

}  // namespace

std::string to_text(const TopicId& id) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (std::size_t i = 0; i < id.bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, id.bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < count ? std::to_integer<unsigned>(id.bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) text.push_back(kDigits[group >> (18U - 6U * k) & 63U]);
  }
  return text;
}

std::string to_hex_text(const TopicId& id) { return to_hex(id.bytes); }

Result<> validate_topic_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    const std::string_view shown = name.substr(0, kTopicNameBytesMax);
    return make_error(ErrorKind::kInvalidInput, fmt::format("topic name '{}': {}", shown, why));
  };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > kTopicNameBytesMax)
    return refuse(fmt::format("{} bytes; at most {}", name.size(), kTopicNameBytesMax));
  if (name == "." || name == "..") return refuse("it is a folder's own name");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return refuse("only letters, digits, '.', '_' and '-' are allowed");
  return {};
}

PartitionConfig partition_config(const TopicConfig& config, const PartitionConfig& defaults) {
  PartitionConfig result = defaults;
  read_number<std::int64_t>(config, "segment.bytes", 1, result.segment_bytes);
  read_number<std::int64_t>(config, "segment.ms", 1, result.segment_ms);
  read_number<std::int64_t>(config, "retention.ms", -1, result.retention_ms);
  read_number<std::int64_t>(config, "retention.bytes", -1, result.retention_bytes);
  read_number<std::int64_t>(config, "index.interval.bytes", 0, result.index_interval_bytes);
  read_number<std::int64_t>(config, "delete.retention.ms", 0, result.delete_retention_ms);
  read_number<std::int64_t>(config, "min.compaction.lag.ms", 0, result.min_compaction_lag_ms);
  read_number<std::int64_t>(config, "max.compaction.lag.ms", 1, result.max_compaction_lag_ms);
  read_number<double>(config, "min.cleanable.dirty.ratio", 0, result.min_cleanable_dirty_ratio);
  result.segment_bytes = std::min<std::int64_t>(result.segment_bytes, INT32_MAX);  // positions in an index are 31 bits
  const auto policy = config.find("cleanup.policy");
  if (policy != config.end()) {
    result.deletes = policy->second.find("delete") != std::string::npos;
    result.compacts = policy->second.find("compact") != std::string::npos;
  }
  return result;
}

}  // namespace antiphon::kafka::log
