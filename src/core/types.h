// The nouns that more than one module uses. Kafka's first, then speech's.
#pragma once

#include <cstdint>
#include <string>

#include "core/strong.h"

namespace antiphon {

using Offset = Strong<struct OffsetTag, std::int64_t>;            // position of a record in its partition, from 0
using PartitionId = Strong<struct PartitionTag, std::int32_t>;    // from 0
using GenerationId = Strong<struct GenerationTag, std::int32_t>;  // of a consumer group
using ProducerId = Strong<struct ProducerIdTag, std::int64_t>;    // -1: not idempotent
using ProducerEpoch = Strong<struct ProducerEpochTag, std::int16_t>;
using LeaderEpoch = Strong<struct LeaderEpochTag, std::int32_t>;

using PromptId = Strong<struct PromptTag, std::string>;        // 26 digits of Crockford base32, upper case
using RecordingId = Strong<struct RecordingTag, std::string>;  // UUIDv7, lower case, with hyphens
using SpeakerId = Strong<struct SpeakerTag, std::string>;      // UUID made on the person's device
using SessionId = Strong<struct SessionTag, std::string>;      // UUID of one page (tab)
using LeaseId = Strong<struct LeaseTag, std::string>;          // UUID

}  // namespace antiphon
