// A history as JSON lines, for clients in other languages and for looking at it. Fields that have their default are
// left out; records are [[offset, value], ...].
#pragma once

#include <istream>
#include <string>

#include "core/result.h"
#include "sim/history/event.h"

namespace antiphon::sim {

std::string to_json_line(const Event& event);  // with its line feed
// kInvalidInput names the line. Unknown fields are refused: a misspelt one would be a check that is never made.
Result<Event> event_from_json(const std::string& line);
Result<History> read_history(std::istream& in);

}  // namespace antiphon::sim
