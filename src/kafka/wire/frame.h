// The frame around a message: headers of requests and responses, and the four bytes of length before them.
//
//     request:   length int32 | api_key int16 | api_version int16 | correlation_id int32 | client_id | tags | body
//     response:  length int32 | correlation_id int32 | tags | body
//
// Request header v0 (ControlledShutdown 0) ends before client_id; v1 has it as a nullable int16 text; v2, for flexible
// versions, adds tagged fields (client_id keeps its old form). Response header v0 has no tags, v1 (flexible versions)
// has; an ApiVersions response has v0 always, so that a client can read it before it knows anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

constexpr std::size_t kFrameLengthBytes = 4;

struct RequestHeader {
  std::int16_t api_key = -1;  // as sent; may be no ApiKey at all
  ApiVersion api_version = -1;
  std::int32_t correlation_id = 0;
  std::optional<std::string_view> client_id;  // a view into the request
};

// 0, 1 or 2. An unknown key has 1; ApiVersions of a version yet unknown has 2.
[[nodiscard]] int request_header_version(std::int16_t api_key, ApiVersion api_version);
// 0 or 1.
[[nodiscard]] int response_header_version(std::int16_t api_key, ApiVersion api_version);

// `in` stands behind the length. Unknown tags are skipped. Ask in.ok(); then the body follows.
void read(Reader& in, RequestHeader& header);
// For clients and tests; without the length.
void write(Writer& out, const RequestHeader& header);

void write_response_header(Writer& out, std::int16_t api_key, ApiVersion api_version, std::int32_t correlation_id);
void read_response_header(Reader& in, std::int16_t api_key, ApiVersion api_version, std::int32_t& correlation_id);

// A frame whose length is filled in at the end. `out` must be the frame's own writer (one writer a frame); the length
// counts external slices too.
class FrameWriter {
 public:
  explicit FrameWriter(Writer& out);
  void finish();

 private:
  Writer& out_;
  std::size_t length_at_;
};

// Length, header and body of a response, appended to `out`. Nothing is left in the buffer after a failure. `slices`,
// where given, receives the positions of external records in the buffer (FetchResponse only).
template <class M>
Result<> write_response(Buffer& out, ApiVersion api_version, std::int32_t correlation_id, const M& message,
                        std::vector<ExternalSlice>* slices = nullptr) {
  const std::size_t start = out.size();
  Writer writer(out);
  FrameWriter frame(writer);
  write_response_header(writer, static_cast<std::int16_t>(M::kApiKey), api_version, correlation_id);
  write(writer, api_version, message);
  frame.finish();
  if (!writer.ok()) {
    out.truncate(start);
    return writer.error(to_string(M::kApiKey));
  }
  if (slices != nullptr) *slices = writer.take_slices();
  return {};
}

}  // namespace antiphon::kafka::wire
