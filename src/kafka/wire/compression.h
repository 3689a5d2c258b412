// The four codecs of Kafka's records, and none.
//
// gzip: RFC 1952. snappy: what Java writes (the xerial stream: an 8-byte magic, two versions, then blocks of int32
// length and raw snappy) or raw snappy, as librdkafka and others do. lz4: the frame format. zstd: frames. A
// decompressor stops at the named bound, so that a bomb costs no more than the bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "kafka/wire/buffer.h"

namespace antiphon::kafka::wire {

// Bits 0-2 of a batch's attributes.
enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
std::string_view to_string(Codec codec);  // Kafka's names: none, gzip, ...
std::optional<Codec> codec_of(std::int16_t attributes);

// What the records of one batch may take when decompressed: far above what a topic's max.message.bytes lets in.
constexpr std::size_t kDecompressedBytesMax = std::size_t{128} << 20;

// Appends to `out`. kInvalidInput: not what the codec says, or it ends early; kLimit: more than `bytes_max` come out.
// `out` may then hold part of it.
Result<> decompress(Codec codec, ByteView data, std::size_t bytes_max, Buffer& out);

// lz4 inside messages of magic 0 has a header checksum that counts the magic number too (KAFKA-3160).
enum class Lz4Checksum : std::uint8_t { kCorrect, kMagic0 };
Result<> decompress_lz4(ByteView data, std::size_t bytes_max, Buffer& out, Lz4Checksum checksum);

// Appends to `out`, at the codec's usual level; snappy in Java's form. kInternal if the library fails.
Result<> compress(Codec codec, ByteView data, Buffer& out);

}  // namespace antiphon::kafka::wire
