// Message sets of magic 0 and 1, which clients before Kafka 0.11 speak: Produce 0-2 and Fetch 0-3.
//
//     offset int64 | size int32 | crc-32 uint32 | magic int8 | attributes int8 | timestamp int64 (magic 1)
//     | key length int32, key | value length int32, value                        (length -1: null)
//
// The CRC is zlib's and covers what stands behind it. Attributes: 0-2 codec (not zstd), 3 log append time (magic 1). A
// message with a codec is a wrapper: its value is a compressed message set of the same magic, one level deep.
#pragma once

#include <cstdint>

#include "kafka/wire/batch_validation.h"

namespace antiphon::kafka::wire {

// Checks a produced message set and rewrites it as one batch of magic 2 with base offset 0, in the codec of its first
// wrapper. Messages of magic 0 get the timestamp -1, as in Kafka. An incomplete last message is an error here.
struct UpConverted {
  BatchVerdict verdict;
  Bytes batch;  // empty unless accepted
};
UpConverted up_convert(ByteView message_set, const BatchPolicy& policy);

// True when the records of a Produce request are of magic 0 or 1 (whatever the request's version says).
[[nodiscard]] bool is_message_set(ByteView records);

// Rewrites whole batches as messages of magic 0 or 1, uncompressed, each with its own offset. Record headers, producer
// ids and control batches have no place there and are left out. An incomplete last batch is left out, too.
// kInvalidInput: a batch is malformed; kLimit: more than `bytes_max` would come out and not even the first batch fits.
Result<> down_convert(ByteView batches, std::int8_t magic, std::size_t bytes_max, Buffer& out);

}  // namespace antiphon::kafka::wire
