// A record of one of the broker's own topics: what a coordinator keeps, whatever its format.
#pragma once

#include <optional>

#include "core/bytes.h"

namespace antiphon::kafka::broker {

struct KeyedRecord {
  Bytes key;
  std::optional<Bytes> value;  // nothing: a tombstone
};

}  // namespace antiphon::kafka::broker
