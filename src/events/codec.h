// Events to records and back. CloudEvents 1.0, Kafka binding, binary mode: the value is the data itself.
//
// build_*:    a plain mapping; whoever fills an event with bytes from outside asks problem_of first, for what has a
// problem
//             is written all the same and refused by every reader.
// read_*:     bytes from outside; everything is checked, nothing trusted, and the first thing wrong names the refusal:
// the
//             key, then the headers, then the value. Headers that the contract does not know are ignored.
// problem_of: what read_* would refuse, before it is written. Pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "core/record.h"
#include "events/event.h"
#include "events/refusal.h"
#include "events/shapes.h"
#include "events/topics.h"

namespace antiphon::events {

// Key and partition by the prompt id, which is Kafka's own murmur2 partition of the key: none is named.
OutgoingRecord build_prompt(const Topics& topics, const Prompt& prompt);
// The key is the recording id, but the partition follows the prompt id: it is named, and needs the number of
// partitions.
OutgoingRecord build_recording(const Topics& topics, const Recording& recording, std::string audio,
                               std::int32_t partitions);
OutgoingRecord build_erasure(const Topics& topics, const Erasure& erasure, std::int32_t partitions);

std::optional<Refusal> problem_of(const Prompt& prompt);
std::optional<Refusal> problem_of(const Recording& recording);
std::optional<Refusal> problem_of(const Erasure& erasure);

Reading<Prompt> read_prompt(const IncomingRecord& record);
// Does not hash the value: a consumer that uses the audio calls check_audio.
Reading<RecordingEvent> read_recording(const IncomingRecord& record);
// `sha256-mismatch` unless the value is what its headers say.
Reading<std::monostate> check_audio(const Recording& recording, ByteView value);

}  // namespace antiphon::events
