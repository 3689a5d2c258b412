// antiphon.recording.v1, see docs/formats/events.md. Erasures, the other kind in its topic, stand in erasure_codec.cc.
#include "events/recording_codec.h"

#include <string>

#include "core/murmur2.h"
#include "core/sha256.h"
#include "events/codec.h"
#include "events/envelope.h"
#include "events/shapes.h"

namespace antiphon::events {
namespace {

constexpr std::string_view kSessionSource = "/session/";
constexpr std::string_view kUploadSource = "/upload/";
constexpr std::uint64_t kDurationMsMax = 24ULL * 3600 * 1000;

// ce_source and ce_sequence: a page's take, or an upload that stands by itself and is number 1.
std::optional<Turn> read_turn(HeaderReader& reader, const RecordingId& id) {
  const std::string_view source = reader.text("ce_source");
  const std::uint64_t sequence = reader.number("ce_sequence", 1, kSequenceMax);
  if (source.starts_with(kSessionSource)) {
    return Turn{SessionId(std::string(source.substr(kSessionSource.size()))), sequence};
  }
  const bool upload = source.starts_with(kUploadSource) && source.substr(kUploadSource.size()) == id.value();
  if (!upload) reader.refuse("bad-header:ce_source", "it is neither /session/UUID nor /upload/RECORDING_ID");
  if (sequence != 1) reader.refuse("bad-header:ce_sequence", "an upload without a session is number 1");
  return std::nullopt;
}

LeaseStanding read_standing(HeaderReader& reader) {
  const auto standing = parse_lease_standing(reader.text("ce_lease"));
  if (!standing) reader.refuse("bad-header:ce_lease", "it is not held, late or none");
  return standing.value_or(LeaseStanding::kNone);
}

std::optional<std::int64_t> read_duration(HeaderReader& reader) {
  if (!reader.optional_text("ce_durationms")) return std::nullopt;
  return static_cast<std::int64_t>(reader.number("ce_durationms", 0, kDurationMsMax));
}

}  // namespace

std::string_view to_string(LeaseStanding standing) {
  switch (standing) {
    case LeaseStanding::kHeld:
      return "held";
    case LeaseStanding::kLate:
      return "late";
    case LeaseStanding::kNone:
      return "none";
  }
  return "none";
}

std::optional<LeaseStanding> parse_lease_standing(std::string_view text) {
  for (const auto standing : {LeaseStanding::kHeld, LeaseStanding::kLate, LeaseStanding::kNone}) {
    if (text == to_string(standing)) return standing;
  }
  return std::nullopt;
}

std::string Recording::source() const {
  return turn ? std::string(kSessionSource) + turn->session.value() : std::string(kUploadSource) + id.value();
}

std::uint64_t Recording::sequence() const { return turn ? turn->take : 1; }

OutgoingRecord build_recording(const Topics& topics, const Recording& recording, std::string audio,
                               std::int32_t partitions) {
  OutgoingRecord record;
  record.topic = topics.recordings();
  record.partition = partition_of(recording.prompt_id.value(), partitions);
  record.key = recording.id.value();
  record.value = std::move(audio);
  record.timestamp_ms = to_unix_ms(recording.time);
  HeaderBuilder headers =
      envelope(kRecordingType, recording.source(), recording.id.value(), recording.time, recording.prompt_id.value());
  headers.add("ce_sequence", std::to_string(recording.sequence()))
      .add("ce_promptid", recording.prompt_id.value())
      .add("ce_prompttext", recording.prompt_text)
      .add("ce_locale", recording.locale)
      .add("ce_speakerid", recording.speaker_id.value())
      .add("ce_consentversion", recording.consent_version)
      .add("ce_sha256", recording.sha256)
      .add("ce_lease", to_string(recording.standing));
  if (recording.duration_ms) headers.add("ce_durationms", std::to_string(*recording.duration_ms));
  headers.add("content-type", recording.content_type).trace(recording.trace);
  record.headers = headers.take();
  return record;
}

std::optional<Refusal> problem_of(const Recording& recording) {
  if (auto problem = problem_of_ids(recording.id, recording.prompt_id, recording.locale, recording.speaker_id)) {
    return problem;
  }
  const std::string& text = recording.prompt_text;
  if (text.empty() || text.size() > kPromptTextBytesMax || !is_utf8(text))
    return bad_header("ce_prompttext", "a sentence");
  if (!is_consent_version(recording.consent_version)) {
    return bad_header("ce_consentversion", "1 to 64 of A-Z a-z 0-9 . _ -");
  }
  if (recording.turn && !is_plain_uuid(recording.turn->session.value()))
    return bad_header("ce_source", "/session/UUID");
  if (recording.sequence() < 1 || recording.sequence() > kSequenceMax)
    return bad_header("ce_sequence", "a count from 1");
  if (!is_sha256(recording.sha256)) return bad_header("ce_sha256", "64 lower-case hex digits");
  if (recording.duration_ms &&
      (*recording.duration_ms < 0 || static_cast<std::uint64_t>(*recording.duration_ms) > kDurationMsMax)) {
    return bad_header("ce_durationms", "milliseconds, at most a day");
  }
  if (!is_audio_type(recording.content_type)) return bad_header("content-type", "audio/...");
  return std::nullopt;
}

std::optional<Refusal> problem_of_ids(const RecordingId& id, const PromptId& prompt, std::string_view locale,
                                      const SpeakerId& speaker) {
  if (!is_recording_id(id.value())) return Refusal{"bad-recording-id", "it is not a UUIDv7 in lower case"};
  if (!is_prompt_id(prompt.value()))
    return Refusal{"bad-prompt-id", "ce_promptid is not 26 digits of Crockford base32"};
  if (!is_locale_shape(locale)) return bad_header("ce_locale", "a BCP 47 tag");
  if (!is_plain_uuid(speaker.value())) return bad_header("ce_speakerid", "a UUID in lower case");
  return std::nullopt;
}

Reading<RecordingEvent> read_voice(HeaderReader& reader, const IncomingRecord& record, RecordingId id) {
  Recording recording;
  recording.turn = read_turn(reader, id);
  recording.id = std::move(id);
  recording.prompt_id = PromptId(std::string(reader.text("ce_promptid")));
  if (reader.text("ce_subject") != recording.prompt_id.value()) {
    reader.refuse("subject-mismatch", "ce_subject is not ce_promptid");
  }
  recording.time = reader.time("ce_time");
  recording.prompt_text = reader.text("ce_prompttext");
  recording.locale = reader.text("ce_locale");
  recording.speaker_id = SpeakerId(std::string(reader.text("ce_speakerid")));
  recording.consent_version = reader.text("ce_consentversion");
  recording.sha256 = reader.text("ce_sha256");
  recording.standing = read_standing(reader);
  recording.duration_ms = read_duration(reader);
  recording.content_type = reader.text("content-type");
  recording.trace = reader.trace();
  read_value(reader, record);
  if (reader.refusal()) return *reader.refusal();
  if (auto problem = problem_of(recording)) return *std::move(problem);
  return RecordingEvent(std::move(recording));
}

Reading<std::monostate> check_audio(const Recording& recording, ByteView value) {
  if (sha256_hex(value) == recording.sha256) return std::monostate{};
  return Refusal{"sha256-mismatch",
                 "the value of " + std::to_string(value.size()) + " bytes is not what ce_sha256 says"};
}

}  // namespace antiphon::events
