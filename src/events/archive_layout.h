// Where a recording lies in an archive and what its sidecar says. docs/formats/events.md, "Sidecar".
//
// LOCALE/PROMPT_ID/RECORDING_ID.EXT holds the file as it was spoken; the same name with .json its headers, written
// last: it marks the recording complete. Both follow from the event alone, so that a redelivery gives the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "core/record.h"
#include "core/result.h"
#include "events/event.h"

namespace antiphon::events {

// kInvalidInput when a part is not exactly of its shape: nothing from a header can leave the folder or hide in it.
// `extension` is 1 to 8 of a-z 0-9 (speech/audio tells it by the bytes), without the dot.
Result<std::string> archive_name(const Recording& recording, std::string_view extension);
// LOCALE/PROMPT_ID/RECORDING_ID. (with the dot): the prefix of everything that belongs to the recording, for a removal.
Result<std::string> archive_prefix(const Recording& recording);
Result<std::string> archive_prefix(const Erasure& erasure);
// The sidecar of an object: ....webm -> ....json.
std::string sidecar_name(std::string_view archive_name);

// The headers as one JSON object and a line feed: keys in byte order, two blanks of indent, values as text, those
// without a value null, bytes that are not UTF-8 as U+FFFD; of a repeated name the first. Byte-identical for the same
// headers in any order of names.
std::string sidecar_json(const RecordHeaders& headers);

}  // namespace antiphon::events
