// A record as Kafka sees it, and what a topic should look like: the two things that the contract (events) and the
// connection to Kafka (adapters/bus) both speak of, without knowing each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/types.h"

namespace antiphon {

struct RecordHeader {
  std::string name;
  std::optional<std::string> value;  // Kafka allows a header without a value

  friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};
using RecordHeaders = std::vector<RecordHeader>;

// The value of the first header of that name; nothing where it is missing or null.
std::optional<std::string_view> find_header(const RecordHeaders& headers, std::string_view name);

// To be produced. It owns its bytes.
struct OutgoingRecord {
  std::string topic;
  std::optional<PartitionId> partition;  // nothing: Kafka's murmur2 of the key
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  RecordHeaders headers;
  std::optional<std::int64_t> timestamp_ms;
};

// As consumed. Key and value are views into the message it came with; headers are copies.
struct IncomingRecord {
  std::string_view topic;
  PartitionId partition;
  Offset offset;
  std::int64_t timestamp_ms = -1;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  RecordHeaders headers;
};

// What a topic must be. A config that is not named here is the broker's business.
struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::map<std::string, std::string> config;  // Kafka's names: cleanup.policy, retention.ms, ...
};

}  // namespace antiphon
