// The status line and headers of an answer as they go out. A pure function.
#pragma once

#include <string>

#include "adapters/http/message.h"

namespace antiphon::http {

struct HeadFacts {
  bool keep_alive = true;
  std::string_view content_security_policy;  // unless the response names one
  WallTime now;
};

// With the empty line at its end. A header whose name or value holds a control character is left out: no value can end
// a header.
std::string response_head(const Response& response, const HeadFacts& facts);
// RFC 9110: Sun, 06 Nov 1994 08:49:37 GMT.
std::string http_date(WallTime time);
// Whether a status may have a body (not 1xx, 204, 304).
bool may_have_body(int status);

}  // namespace antiphon::http
