// Shapes of the names that stand in keys, headers, URLs and file names. Each is a strict subset of what is harmless in
// a path.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace antiphon::events {

bool is_prompt_id(std::string_view text);     // 26 digits of Crockford base32, upper case
bool is_recording_id(std::string_view text);  // UUIDv7, lower case
bool is_plain_uuid(std::string_view text);    // any UUID, lower case: speakers, sessions, leases
bool is_locale_shape(
    std::string_view text);  // subtags of letters and digits, at most 35; speech/text says whether it is canonical
bool is_consent_version(std::string_view text);  // 1 .. 64 of A-Z a-z 0-9 . _ -
bool is_sha256(std::string_view text);           // 64 lower-case hex digits
bool is_audio_type(std::string_view text);  // audio/SUBTYPE, perhaps with parameters, at most 128 of printable ASCII
bool is_corpus_id(
    std::string_view text);           // 1 .. 512 bytes of UTF-8 without blanks and control characters; not start/...
bool is_utf8(std::string_view text);  // well-formed, without U+0000

// A whole number without sign, blanks or leading zeros, at most `maximum`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t maximum);

}  // namespace antiphon::events
