// What recordings and erasures share. For the codecs of this folder only.
#pragma once

#include <optional>
#include <string_view>

#include "core/record.h"
#include "events/event.h"
#include "events/header_reader.h"
#include "events/refusal.h"

namespace antiphon::events {

std::optional<Refusal> problem_of_ids(const RecordingId& id, const PromptId& prompt, std::string_view locale,
                                      const SpeakerId& speaker);
// The rest of a recording whose key, type and id have been read.
Reading<RecordingEvent> read_voice(HeaderReader& reader, const IncomingRecord& record, RecordingId id);

}  // namespace antiphon::events
