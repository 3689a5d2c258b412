// What a process writes to its state topic before it reads it: all that its predecessor can have left lies before the
// marker, and is read until the marker is met. Key: start/CLIENT_ID.
#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "core/types.h"

namespace antiphon::events {

struct StartMarker {
  std::string client_id;
  std::string run;                               // a UUID, new at every start
  std::optional<Offset> recordings_next_offset;  // prompt-state, where known
  WallTime time;
  friend bool operator==(const StartMarker&, const StartMarker&) = default;
};

}  // namespace antiphon::events
