// Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2): the partition of a key is
// (murmur2(key) & 0x7fffffff) % partitions. Golden values from Java stand in the test.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/types.h"

namespace antiphon {

std::uint32_t murmur2(std::string_view key);
PartitionId partition_of(std::string_view key, std::int32_t partition_count);

}  // namespace antiphon
