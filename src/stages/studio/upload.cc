#include "stages/studio/upload.h"

#include <fmt/format.h>

#include <charconv>

#include "core/bytes.h"
#include "core/sha256.h"
#include "events/codec.h"
#include "speech/audio/tell.h"

namespace antiphon::studio {
namespace {

constexpr std::uint64_t kTakeMax = 1ULL << 53;                  // as the contract's ce_sequence
constexpr std::int64_t kDurationMsMax = 24LL * 60 * 60 * 1000;  // what a container claims beyond is not told
constexpr std::size_t kTraceStateBytesMax = 512;

Error missing(std::string_view what) { return make_error(ErrorKind::kInvalidInput, std::string(what)); }

Result<Id128> uuid_header(const http::Request& request, std::string_view name) {
  const auto id = id_of_uuid(request.header(name).value_or(""));
  if (!id) return missing(fmt::format("{} must be a UUID", name));
  return *id;
}

Result<std::optional<events::Turn>> read_turn(const http::Request& request) {
  const auto session = request.header("X-Session-Id");
  const auto take = request.header("X-Take");
  if (!session && !take) return std::optional<events::Turn>();
  if (!session || !take) return missing("X-Session-Id and X-Take come both or not at all");
  const auto id = id_of_uuid(*session);
  if (!id) return missing("X-Session-Id must be a UUID");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(take->data(), take->data() + take->size(), number);
  if (error != std::errc{} || end != take->data() + take->size() || number < 1 || number > kTakeMax ||
      take->front() == '0') {
    return missing("X-Take must be a count from 1");
  }
  return std::optional(events::Turn{SessionId(uuid_of_id(*id)), number});
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// W3C trace context, version 00. A malformed one is dropped.
events::Trace read_trace(const http::Request& request) {
  const std::string_view parent = request.header("traceparent").value_or("");
  const bool shaped = parent.size() == 55 && parent.starts_with("00-") && parent[35] == '-' && parent[52] == '-' &&
                      is_lower_hex(parent.substr(3, 32)) && is_lower_hex(parent.substr(36, 16)) &&
                      is_lower_hex(parent.substr(53, 2));
  if (!shaped) return {};
  events::Trace trace{std::string(parent), {}};
  const std::string_view state = request.header("tracestate").value_or("");
  const bool printable = std::all_of(state.begin(), state.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (printable && state.size() <= kTraceStateBytesMax) trace.tracestate = state;
  return trace;
}

Result<TakeRequest> read_take(const http::Request& request) {
  TakeRequest take;
  if (!events::is_recording_id(request.captures.at(0)))
    return missing("the recording id must be a UUIDv7 in lower case");
  take.recording = *id_of_uuid(request.captures.at(0));
  const std::string prompt(request.header("X-Prompt-Id").value_or(""));
  if (!events::is_prompt_id(prompt)) return missing("X-Prompt-Id must be the id of a sentence");
  take.prompt_id = PromptId(prompt);
  ANTIPHON_TRY(speaker, uuid_header(request, "X-Speaker-Id"));
  take.speaker = speaker;
  if (request.header("X-Lease-Id")) {
    ANTIPHON_TRY(lease, uuid_header(request, "X-Lease-Id"));
    take.lease = lease;
  }
  ANTIPHON_TRY(turn, read_turn(request));
  take.turn = std::move(turn);
  return take;
}

}  // namespace

std::variant<Upload, http::Response> read_upload(const http::Request& request) {
  Upload upload;
  auto take = read_take(request);
  if (!take) return http::problem(400, take.error().message);
  upload.take = std::move(*take);
  upload.consent_version = request.header("X-Consent-Version").value_or("");
  if (!events::is_consent_version(upload.consent_version)) {
    return http::problem(400,
                         "X-Consent-Version must say what the speaker has agreed to (1 to 64 of A-Z a-z 0-9 . _ -)");
  }
  const ByteView body = as_bytes(request.body);
  const auto facts = audio::tell_audio(body);
  if (!facts) return http::problem(415, facts.error().message);
  upload.content_type = facts->content_type;
  upload.duration_ms = facts->duration_ms;
  if (upload.duration_ms && (*upload.duration_ms < 0 || *upload.duration_ms > kDurationMsMax))
    upload.duration_ms.reset();
  const Sha256Digest digest = sha256(body);
  upload.take.sha256 = digest;
  upload.sha256 = to_hex(digest);
  upload.trace = read_trace(request);
  return upload;
}

events::Recording recording_of(const Upload& upload, const ToBeSent& decision, WallTime now) {
  events::Recording recording;
  recording.id = RecordingId(uuid_of_id(upload.take.recording));
  recording.prompt_id = upload.take.prompt_id;
  recording.prompt_text = decision.text;
  recording.locale = decision.locale;
  recording.speaker_id = SpeakerId(uuid_of_id(upload.take.speaker));
  recording.consent_version = upload.consent_version;
  recording.turn = upload.take.turn;
  recording.sha256 = upload.sha256;
  recording.standing = decision.standing;
  recording.duration_ms = upload.duration_ms;
  recording.content_type = upload.content_type;
  recording.time = now;
  recording.trace = upload.trace;
  return recording;
}

}  // namespace antiphon::studio
