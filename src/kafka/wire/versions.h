// Which versions of each API this codec reads and writes: the table that ApiVersions shows to clients.
//
// Minimum 0 wherever 0 can be parsed: older clients switch features on only when the range contains an exact old point.
// Maxima are those of Kafka 3.9 (none there promises KIP-890's second part: Produce 12, EndTxn 5, TxnOffsetCommit 5).
// A broker shows the part of it that it answers.
#pragma once

#include <optional>
#include <span>

#include "kafka/wire/api_key.h"
#include "kafka/wire/schema.h"

namespace antiphon::kafka::wire {

struct ApiSupport {
  ApiKey key;
  VersionRange versions;
  ApiVersion flexible_from = kNever;  // first version with compact lengths and tagged fields (KIP-482)
};

// Ascending by key.
[[nodiscard]] std::span<const ApiSupport> supported_versions();
// Null for an API that this codec does not know.
[[nodiscard]] const ApiSupport* find_api(std::int16_t api_key);

}  // namespace antiphon::kafka::wire
