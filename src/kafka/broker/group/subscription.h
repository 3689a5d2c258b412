// Which topics a consumer subscribes to: the front of what it sends as its protocol's metadata.
//
//   int16 version | array of (int16 length, topic) | what later versions add
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace antiphon::kafka::broker {

// Views into `metadata`. Nothing for bytes of another form: other kinds of group send their own.
std::optional<std::vector<std::string_view>> subscribed_topics(ByteView metadata);

}  // namespace antiphon::kafka::broker
