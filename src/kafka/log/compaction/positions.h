// DIR/cleaner: up to where each compacted partition is clean, and up to where a pass may have changed it. Written
// atomically before a pass changes anything, and when it is over.
//
//   magic AJK1 u32 | CRC-32C of all behind u32
//   partitions u32, each: topic id 16 bytes | partition i32 | clean end i64 | touched end i64
//
// Below the touched end everything was in synced segments before, so a start needs nothing of it from the journal; and
// must not take it from there, where a record may stand that was removed since.
#pragma once

#include <map>
#include <string>

#include "kafka/log/checkpoint.h"

namespace antiphon::kafka::log {

constexpr std::uint64_t kCleanerPositionsBytesMax = 64ULL << 20;

struct CleanerPosition {
  Offset clean{0};
  Offset touched{0};
};
using CleanerPositions = std::map<PartitionKey, CleanerPosition>;
std::string cleaner_positions_path(const std::string& directory);
Bytes encode_cleaner_positions(const CleanerPositions& positions);
Result<CleanerPositions> decode_cleaner_positions(ByteView bytes);  // any bytes; kCorrupt

}  // namespace antiphon::kafka::log
