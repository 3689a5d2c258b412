// The events of topic 1 and topic 2 as plain values. docs/formats/events.md shows each with its headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/types.h"

namespace antiphon::events {

constexpr std::size_t kPromptTextBytesMax = 8UL * 1024;
constexpr std::size_t kCorpusIdBytesMax = 512;
constexpr std::size_t kConsentVersionCharsMax = 64;
constexpr int kWantedMax = 1'000'000;

// W3C trace context, carried through as it came; empty where there is none. A malformed one is dropped, never a reason
// to refuse.
struct Trace {
  std::string traceparent;
  std::string tracestate;
  friend bool operator==(const Trace&, const Trace&) = default;
};

// A sentence that somebody shall read. The value of its record is `text`.
struct Prompt {
  PromptId id;
  std::string text;            // normalised (speech/text), 1 .. kPromptTextBytesMax bytes of UTF-8
  std::string locale;          // canonical BCP 47
  std::string corpus_id;       // ce_source is /corpus/CORPUS_ID
  std::uint64_t sequence = 0;  // the corpus's n-th published sentence, from 1
  int wanted = 1;              // recordings asked for
  WallTime time;
  Trace trace;
  friend bool operator==(const Prompt&, const Prompt&) = default;
};

// Under what right a take was made. No take is refused for it.
enum class LeaseStanding : std::uint8_t {
  kHeld,  // its lease was valid
  kLate,  // its lease had run out, or was lost with the instance that granted it
  kNone,  // there was no lease
};
std::string_view to_string(LeaseStanding standing);  // held, late, none
std::optional<LeaseStanding> parse_lease_standing(std::string_view text);

// Which take of which page: both or neither.
struct Turn {
  SessionId session;
  std::uint64_t take = 0;  // from 1, dense
  friend bool operator==(const Turn&, const Turn&) = default;
};

// A voice. The value of its record is the audio file, byte for byte, and is not held here.
struct Recording {
  RecordingId id;
  PromptId prompt_id;
  std::string prompt_text;
  std::string locale;
  SpeakerId speaker_id;
  std::string consent_version;  // 1 .. 64 of A-Z a-z 0-9 . _ -
  std::optional<Turn> turn;
  std::string sha256;  // of the audio file; 64 lower-case hex digits
  LeaseStanding standing = LeaseStanding::kNone;
  std::optional<std::int64_t> duration_ms;  // as the container says; nothing where it does not
  std::string content_type;                 // audio/..., as the bytes say
  WallTime time;
  Trace trace;

  [[nodiscard]] std::string source() const;      // /session/SESSION_ID, or /upload/RECORDING_ID without a turn
  [[nodiscard]] std::uint64_t sequence() const;  // the take; 1 without a turn
  friend bool operator==(const Recording&, const Recording&) = default;
};

// A recording is gone: a record with its key and no value. Enough for a target to find what to remove.
struct Erasure {
  RecordingId id;
  PromptId prompt_id;
  std::string locale;
  SpeakerId speaker_id;
  WallTime time;
  Trace trace;
  friend bool operator==(const Erasure&, const Erasure&) = default;
};

// What stands in topic 2.
using RecordingEvent = std::variant<Recording, Erasure>;

}  // namespace antiphon::events
