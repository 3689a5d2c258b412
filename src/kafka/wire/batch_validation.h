// What a client may append: the checks of Kafka's own broker on a produced batch, with its error codes.
//
// By default the header is checked and the CRC, and the records are stored as they came. With check_records they are
// decompressed and read too: form, offset deltas 0 .. n-1, and keys where the topic is compacted (KIP-467).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kafka/wire/error_code.h"
#include "kafka/wire/record_batch.h"

namespace antiphon::kafka::wire {

struct BatchPolicy {
  std::size_t batch_bytes_max = std::size_t{1} << 20;  // the topic's max.message.bytes: MESSAGE_TOO_LARGE above it
  bool check_records = false;
  bool keys_required = false;  // a compacted topic: INVALID_RECORD with the indexes; implies check_records
};

struct BatchVerdict {
  ErrorCode error = ErrorCode::kNone;
  std::string message;                        // for the client; empty without an error
  std::vector<std::int32_t> keyless_records;  // indexes, for record_errors (KIP-467)

  [[nodiscard]] bool accepted() const { return error == ErrorCode::kNone; }
};

// The records of one partition in a Produce request of version 3 or later: exactly one batch of magic 2, whole, and
// nothing behind it. zstd only from version 7 on. `scratch` is for decompressed records.
BatchVerdict validate_produced(ByteView records, std::int16_t produce_version, const BatchPolicy& policy,
                               Buffer& scratch);

// Some producers leave the header's maximum unset: below the first record's time it cannot be. Such a batch gets the
// maximum of its records, by which retention and offsets by time go. False: its records cannot be read.
bool mend_max_timestamp(MutableByteView batch, Buffer& scratch);

}  // namespace antiphon::kafka::wire
