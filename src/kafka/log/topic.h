// What a topic is to the log: its name, its id, its settings. The durable form is docs/formats/log.md, "Topic".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace antiphon::kafka::log {

constexpr std::size_t kTopicNameBytesMax = 249;          // Kafka's
constexpr std::int32_t kPartitionsPerTopicMax = 10'000;  // so that NAME-9999 fits in 255 bytes, a file name's limit
constexpr std::size_t kTopicConfigEntriesMax = 256;
constexpr std::size_t kTopicConfigBytesMax = 4096;  // of one name or value

// 16 random bytes, in the order in which the protocol sends them. All zero: none.
struct TopicId {
  std::array<std::byte, 16> bytes{};
  friend auto operator<=>(const TopicId&, const TopicId&) = default;
};
std::string to_text(const TopicId& id);      // Kafka's text form: 22 characters of URL-safe base64
std::string to_hex_text(const TopicId& id);  // 32 hexadecimal digits; names files

using TopicConfig = std::map<std::string, std::string, std::less<>>;  // as set; what is not set has its default

struct TopicMeta {
  std::string name;
  TopicId id;
  std::int32_t partition_count = 0;
  TopicConfig config;
};

// Kafka's rule: 1..249 of [a-zA-Z0-9._-], not "." or "..". kInvalidInput says what is wrong.
Result<> validate_topic_name(std::string_view name);

// The settings that the log itself obeys, read from a TopicConfig; the broker has checked the values when they were
// set, so what cannot be read here counts as not set. -1: without limit.
struct PartitionConfig {
  std::int64_t segment_bytes = 1LL << 30;
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t retention_bytes = -1;  // of one partition
  std::int64_t index_interval_bytes = 4096;
  std::int64_t delete_retention_ms = 24LL * 3600 * 1000;  // of tombstones, once they were cleaned
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = INT64_MAX;
  double min_cleanable_dirty_ratio = 0.5;
  bool deletes = true;    // cleanup.policy contains "delete"
  bool compacts = false;  // cleanup.policy contains "compact"
};
PartitionConfig partition_config(const TopicConfig& config, const PartitionConfig& defaults);

}  // namespace antiphon::kafka::log
