// What stands in the request of an upload, checked. Pure.
#pragma once

#include <string>
#include <variant>

#include "adapters/http/message.h"
#include "core/result.h"
#include "events/event.h"
#include "stages/studio/leases.h"

namespace antiphon::studio {

struct Upload {
  TakeRequest take;
  std::string sha256;  // hex
  std::string consent_version;
  std::string content_type;  // as the bytes say; the header's is not asked
  std::optional<std::int64_t> duration_ms;
  events::Trace trace;
};

// The upload, or the answer that refuses it: 400 malformed or without consent, 415 not audio. The body stays where it
// is.
std::variant<Upload, http::Response> read_upload(const http::Request& request);

// The event to be sent.
events::Recording recording_of(const Upload& upload, const ToBeSent& decision, WallTime now);

}  // namespace antiphon::studio
