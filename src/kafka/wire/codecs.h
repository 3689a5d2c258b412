// One pair of functions a codec; compression.h chooses. Internal.
#pragma once

#include "kafka/wire/bounded_output.h"
#include "kafka/wire/compression.h"

namespace antiphon::kafka::wire {

Result<> decompress_gzip(ByteView data, BoundedOutput& out);
Result<> decompress_snappy(ByteView data, BoundedOutput& out);
Result<> decompress_lz4_frame(ByteView data, BoundedOutput& out, Lz4Checksum checksum);
Result<> decompress_zstd(ByteView data, BoundedOutput& out);

Result<> compress_gzip(ByteView data, Buffer& out);
Result<> compress_snappy(ByteView data, Buffer& out);
Result<> compress_lz4(ByteView data, Buffer& out);
Result<> compress_zstd(ByteView data, Buffer& out);

}  // namespace antiphon::kafka::wire
