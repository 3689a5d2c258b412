// The numbers that KIP-554 gives SCRAM's mechanisms.
#pragma once

#include <cstdint>
#include <optional>

#include "kafka/broker/auth/digest.h"

namespace antiphon::kafka::broker {

inline std::int8_t number_of(ScramHash hash) { return hash == ScramHash::kSha256 ? 1 : 2; }
inline std::optional<ScramHash> scram_hash_of(std::int8_t number) {
  if (number == 1) return ScramHash::kSha256;
  if (number == 2) return ScramHash::kSha512;
  return std::nullopt;
}

}  // namespace antiphon::kafka::broker
