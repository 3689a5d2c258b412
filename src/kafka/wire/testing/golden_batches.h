// Batches and records that Kafka's own classes wrote (testdata/GoldenBatches.java says how), by name.
#pragma once

#include <string_view>

#include "core/bytes.h"

namespace antiphon::kafka::wire::testing {

// The value of every golden batch's last record.
constexpr std::size_t kGoldenBigValueBytes = 700;
constexpr std::int64_t kGoldenTimeMs = 1'767'225'600'000;

Bytes from_hex(std::string_view hex);
// Throws std::out_of_range for a name that there is not.
Bytes golden_batch(std::string_view name);

}  // namespace antiphon::kafka::wire::testing
