// Walks over a message set of magic 0 or 1 (message_set.h), into wrappers, one level deep. Internal.
#pragma once

#include <optional>

#include "kafka/wire/compression.h"
#include "kafka/wire/reader.h"

namespace antiphon::kafka::wire {

// One message; views into the set.
struct LegacyMessage {
  std::int64_t offset = 0;
  std::int8_t magic = 0;
  Codec codec = Codec::kNone;
  bool log_append_time = false;
  std::int64_t timestamp_ms = -1;  // magic 0 has none
  std::optional<ByteView> key;
  std::optional<ByteView> value;
};

// Reads the next message and verifies its CRC. A malformed one, or one that ends early, makes `in` fail.
void read_message(Reader& in, LegacyMessage& message);

// Decompresses a wrapper's value, appending to `out`; all wrappers of one set share `bytes_max`.
Result<> open_wrapper(const LegacyMessage& wrapper, std::size_t bytes_max, Buffer& out);

}  // namespace antiphon::kafka::wire
