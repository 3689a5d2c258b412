// A partition's name for tables that outlive the partition.
#pragma once

#include <cstring>
#include <functional>

#include "kafka/log/partition.h"

namespace antiphon::kafka::broker {

struct PartitionKey {
  log::TopicId topic;
  PartitionId partition;

  static PartitionKey of(const log::Partition& p) { return {p.topic_id(), p.id()}; }
  friend auto operator<=>(const PartitionKey&, const PartitionKey&) = default;
};

struct PartitionKeyHash {
  std::size_t operator()(const PartitionKey& key) const noexcept {
    std::uint64_t low = 0;  // topic ids are random
    std::memcpy(&low, key.topic.bytes.data(), sizeof low);
    return static_cast<std::size_t>(low ^ (static_cast<std::uint64_t>(key.partition.value()) * 0x9E3779B97F4A7C15ULL));
  }
};

}  // namespace antiphon::kafka::broker
