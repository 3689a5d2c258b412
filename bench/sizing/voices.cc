#include "voices.h"

#include <fmt/format.h>

#include "core/murmur2.h"
#include "stages/studio/ids.h"

namespace antiphon::bench {
namespace {

using studio::Id128;

constexpr std::int64_t kBeginMs = 1'800'000'000'000;
constexpr std::chrono::minutes kLease{10};
constexpr std::uint64_t kVersionMask = 0xF000U, kVersion7 = 0x7000U;
constexpr std::uint64_t kVariantMask = 0xC000000000000000U, kVariant = 0x8000000000000000U;

enum Role : std::uint64_t { kPrompt, kRecording, kSpeaker, kLeaseId, kSession, kHash };

// splitmix64: a number as good as random for each (role, number, take).
std::uint64_t mixed(Role role, std::uint64_t number, std::uint64_t more) {
  std::uint64_t x = (number + 1) * 0x9E3779B97F4A7C15U + role * 0xD1B54A32D192ED03U + more * 0x8CB92BA72F3D8DD7U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

std::string uuid(Role role, std::uint64_t number, std::uint64_t take) {
  const Id128 id{(mixed(role, number, take * 2) & ~kVersionMask) | kVersion7,
                 (mixed(role, number, take * 2 + 1) & ~kVariantMask) | kVariant};
  return studio::uuid_of_id(id);
}

WallTime time_of(std::uint64_t sentence) { return from_unix_ms(kBeginMs + static_cast<std::int64_t>(sentence) * 86); }

std::string hash(std::uint64_t sentence, std::uint64_t take) {
  std::string hex;
  for (std::uint64_t part = 0; part < 4; ++part) hex += fmt::format("{:016x}", mixed(kHash, sentence, take * 4 + part));
  return hex;
}

}  // namespace

events::Prompt Voices::prompt(std::uint64_t sentence) const {
  events::Prompt prompt;
  prompt.id = PromptId(studio::prompt_of_id({mixed(kPrompt, sentence, 0), mixed(kPrompt, sentence, 1)}));
  prompt.text = fmt::format("Sentensi ya {} ", sentence);
  prompt.text.resize(text_bytes_, 'a');
  prompt.text.shrink_to_fit();
  prompt.locale = "sw";
  prompt.corpus_id = "sizing";
  prompt.sequence = sentence + 1;
  prompt.wanted = static_cast<int>(takes_);
  prompt.time = time_of(sentence);
  return prompt;
}

PartitionId Voices::partition(const events::Prompt& prompt) const {
  return partition_of(prompt.id.value(), partitions_);
}

events::PromptState Voices::leased(const events::Prompt& prompt) const {
  events::PromptState state;
  state.prompt_id = prompt.id;
  state.locale = prompt.locale;
  state.wanted = prompt.wanted;
  state.time = prompt.time;
  const std::uint64_t sentence = prompt.sequence - 1;
  state.leases.push_back({LeaseId(uuid(kLeaseId, sentence, 0)), SpeakerId(uuid(kSpeaker, sentence, 0)), std::nullopt,
                          prompt.time, prompt.time + kLease});
  return state;
}

events::PromptState Voices::complete(const events::Prompt& prompt) const {
  events::PromptState state = leased(prompt);
  state.leases.clear();
  for (std::uint64_t take = 0; take < takes_; ++take) {
    const events::Recording voice = recording(prompt, take);
    const std::uint64_t sentence = prompt.sequence - 1;
    // Offsets of a topic that is not there yet: nothing of `recordings` is counted by them.
    state.takes.push_back({voice.id, "voices.recordings", partition(prompt),
                           Offset(static_cast<std::int64_t>(sentence * takes_ + take)), voice.sha256, voice.standing,
                           voice.source(), voice.sequence(), voice.speaker_id,
                           LeaseId(uuid(kLeaseId, sentence, take))});
  }
  return state;
}

events::Recording Voices::recording(const events::Prompt& prompt, std::uint64_t take) const {
  const std::uint64_t sentence = prompt.sequence - 1;
  events::Recording recording;
  recording.id = RecordingId(uuid(kRecording, sentence, take));
  recording.prompt_id = prompt.id;
  recording.prompt_text = prompt.text;
  recording.locale = prompt.locale;
  recording.speaker_id = SpeakerId(uuid(kSpeaker, sentence, take));
  recording.consent_version = "1";
  recording.turn = events::Turn{SessionId(uuid(kSession, sentence, take)), 1 + sentence % 50};
  recording.sha256 = hash(sentence, take);
  recording.standing = events::LeaseStanding::kHeld;
  recording.duration_ms = 6'000;
  recording.content_type = "audio/ogg";
  recording.time = prompt.time;
  return recording;
}

IncomingRecord as_consumed(const OutgoingRecord& record, PartitionId partition, Offset offset) {
  IncomingRecord incoming;
  incoming.topic = record.topic;
  incoming.partition = partition;
  incoming.offset = offset;
  incoming.timestamp_ms = record.timestamp_ms.value_or(-1);
  if (record.key) incoming.key = as_bytes(*record.key);
  if (record.value) incoming.value = as_bytes(*record.value);
  incoming.headers = record.headers;
  return incoming;
}

}  // namespace antiphon::bench
