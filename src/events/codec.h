// Events to records and back. CloudEvents 1.0, Kafka binding, binary mode: the value is the data itself.
//
// build_*: our own values; the caller has made sure of what event.h says of the fields (an assertion otherwise).
// read_*: bytes from outside; everything is checked, nothing trusted, and the first thing wrong names the refusal.
//         Headers that the contract does not know are ignored. Pure functions; thread-safe.
#pragma once

#include <string>

#include "core/record.h"
#include "events/event.h"
#include "events/refusal.h"
#include "events/topics.h"

namespace antiphon::events {

// Key and partition by the prompt id, which is Kafka's own murmur2 partition of the key: none is named.
OutgoingRecord build_prompt(const Topics& topics, const Prompt& prompt);
// The key is the recording id, but the partition follows the prompt id: it is named, and needs the number of partitions.
OutgoingRecord build_recording(const Topics& topics, const Recording& recording, std::string audio, std::int32_t partitions);
OutgoingRecord build_erasure(const Topics& topics, const Erasure& erasure, std::int32_t partitions);

Reading<Prompt> read_prompt(const IncomingRecord& record);
// Does not hash the value: a consumer that uses the audio calls check_audio.
Reading<RecordingEvent> read_recording(const IncomingRecord& record);
// `sha256-mismatch` unless the value is what its headers say.
Reading<std::monostate> check_audio(const Recording& recording, ByteView value);

// ids as they stand in keys, headers and URLs.
bool is_prompt_id(std::string_view text);     // 26 digits of Crockford base32, upper case
bool is_recording_id(std::string_view text);  // UUIDv7, lower case
bool is_plain_uuid(std::string_view text);    // any UUID, lower case: speakers, sessions, leases
bool is_locale_shape(std::string_view text);  // subtags of letters and digits; whether it is canonical, speech/text says
bool is_consent_version(std::string_view text);
bool is_sha256(std::string_view text);
bool is_utf8(std::string_view text);          // well-formed, without U+0000

}  // namespace antiphon::events
