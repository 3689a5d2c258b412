// Events as the tests of this folder use them, and a record that was built as a consumer would get it.
#pragma once

#include "core/sha256.h"
#include "events/codec.h"

namespace antiphon::events::testing {

inline const std::string kAudio = "OggS and so on";

inline Prompt some_prompt() {
  Prompt prompt;
  prompt.id = PromptId("16VAHQ3ZDK8QKMHETNY0DKA6Z7");
  prompt.text = "Habari ya asubuhi.";
  prompt.locale = "sw";
  prompt.corpus_id = "file:///srv/corpus";
  prompt.sequence = 1;
  prompt.wanted = 2;
  prompt.time = from_unix_ms(1'767'225'600'123);
  return prompt;
}

inline Recording some_recording() {
  Recording recording;
  recording.id = RecordingId("019b76da-a87b-7000-8000-0123456789ab");
  recording.prompt_id = some_prompt().id;
  recording.prompt_text = some_prompt().text;
  recording.locale = "sw";
  recording.speaker_id = SpeakerId("3f0c2a54-6d1e-4b6f-9a51-7d1c9c0f2b11");
  recording.consent_version = "2026-01";
  recording.turn = Turn{SessionId("8c5e9f0e-2f5b-4b0e-8a68-0d2f5f3f7a10"), 3};
  recording.sha256 = sha256_hex(as_bytes(kAudio));
  recording.standing = LeaseStanding::kHeld;
  recording.duration_ms = 1752;
  recording.content_type = "audio/ogg";
  recording.time = from_unix_ms(1'767'225'660'007);
  recording.trace.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  recording.trace.tracestate = "phone=1";
  return recording;
}

inline Erasure some_erasure() {
  const Recording recording = some_recording();
  return {recording.id, recording.prompt_id, recording.locale, recording.speaker_id, recording.time, {}};
}

// `out` must outlive what is returned.
inline IncomingRecord arrived(const OutgoingRecord& out) {
  IncomingRecord in;
  in.topic = out.topic;
  in.partition = out.partition.value_or(PartitionId(0));
  in.offset = Offset(41);
  in.timestamp_ms = out.timestamp_ms.value_or(-1);
  if (out.key) in.key = as_bytes(*out.key);
  if (out.value) in.value = as_bytes(*out.value);
  in.headers = out.headers;
  return in;
}

inline void set_header(RecordHeaders& headers, std::string_view name, std::optional<std::string> value) {
  for (RecordHeader& header : headers) {
    if (header.name == name) header.value = value;
  }
}

}  // namespace antiphon::events::testing
