#include "kafka/wire/frame.h"

#include <limits>

#include "kafka/wire/versions.h"

namespace antiphon::kafka::wire {
namespace {

bool flexible(std::int16_t api_key, ApiVersion api_version) {
  const ApiSupport* const api = find_api(api_key);
  return api != nullptr && api_version >= api->flexible_from;
}

}  // namespace

int request_header_version(std::int16_t api_key, ApiVersion api_version) {
  if (api_key == static_cast<std::int16_t>(ApiKey::kControlledShutdown) && api_version == 0) return 0;
  return flexible(api_key, api_version) ? 2 : 1;
}

int response_header_version(std::int16_t api_key, ApiVersion api_version) {
  if (api_key == static_cast<std::int16_t>(ApiKey::kApiVersions)) return 0;
  return flexible(api_key, api_version) ? 1 : 0;
}

void read(Reader& in, RequestHeader& header) {
  header.api_key = in.i16();
  header.api_version = in.i16();
  header.correlation_id = in.i32();
  header.client_id.reset();
  const int version = request_header_version(header.api_key, header.api_version);
  if (version == 0) return;
  const auto client_id = in.bytes(Reader::Prefix::kInt16, true);
  if (client_id) header.client_id = as_text(*client_id);
  if (version == 2) in.skip_tags();
}

void write(Writer& out, const RequestHeader& header) {
  out.i16(header.api_key);
  out.i16(header.api_version);
  out.i32(header.correlation_id);
  const int version = request_header_version(header.api_key, header.api_version);
  if (version == 0) return;
  out.bytes(Reader::Prefix::kInt16, header.client_id ? std::optional(as_bytes(*header.client_id)) : std::nullopt);
  if (version == 2) out.uvarint(0);
}

void write_response_header(Writer& out, std::int16_t api_key, ApiVersion api_version, std::int32_t correlation_id) {
  out.i32(correlation_id);
  if (response_header_version(api_key, api_version) == 1) out.uvarint(0);
}

void read_response_header(Reader& in, std::int16_t api_key, ApiVersion api_version, std::int32_t& correlation_id) {
  correlation_id = in.i32();
  if (response_header_version(api_key, api_version) == 1) in.skip_tags();
}

FrameWriter::FrameWriter(Writer& out) : out_(out), length_at_(out.buffer().size()) { out.i32(0); }

void FrameWriter::finish() {
  const std::size_t length = out_.written_with_slices() - kFrameLengthBytes;
  if (length > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    out_.fail("the frame is longer than its length field holds");
    return;
  }
  store_big(out_.buffer().data() + length_at_, static_cast<std::int32_t>(length));
}

}  // namespace antiphon::kafka::wire
