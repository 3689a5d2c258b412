#include "events/prompt_state.h"

#include <algorithm>

#include "events/envelope.h"
#include "events/shapes.h"
#include "events/state_document.h"

namespace antiphon::events {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kPartitionMax = 0x7fffffff;

Json to_json(const Lease& lease) {
  Json json{{"id", lease.id.value()},
            {"granted_at", format_rfc3339(lease.granted_at)},
            {"expires_at", format_rfc3339(lease.expires_at)}};
  if (lease.speaker) json["speaker"] = lease.speaker->value();
  if (lease.request) json["request"] = *lease.request;
  return json;
}

Json to_json(const Receipt& take) {
  Json json{{"recording_id", take.recording_id.value()},
            {"topic", take.topic},
            {"partition", take.partition.value()},
            {"offset", take.offset.value()},
            {"sha256", take.sha256},
            {"standing", std::string(to_string(take.standing))},
            {"source", take.source},
            {"sequence", take.sequence}};
  if (take.speaker) json["speaker"] = take.speaker->value();
  if (take.lease) json["lease"] = take.lease->value();
  return json;
}

Json to_json(const PromptState& state) {
  Json leases = Json::array(), skips = Json::array(), takes = Json::array();
  for (const Lease& lease : state.leases) leases.push_back(to_json(lease));
  for (const SpeakerId& speaker : state.skipped_by) skips.push_back(speaker.value());
  for (const Receipt& take : state.takes) takes.push_back(to_json(take));
  return {{"v", kStateVersion},
          {"kind", "prompt"},
          {"prompt_id", state.prompt_id.value()},
          {"locale", state.locale},
          {"wanted", state.wanted},
          {"leases", std::move(leases)},
          {"leases_lapsed", state.leases_lapsed},
          {"skipped_by", std::move(skips)},
          {"parked", state.parked},
          {"takes", std::move(takes)},
          {"recordings_next_offset", state.recordings_next_offset.value()},
          {"time", format_rfc3339(state.time)}};
}

Lease read_lease(JsonReader& json) {
  Lease lease;
  lease.id = LeaseId(json.shaped("id", is_plain_uuid));
  if (auto speaker = json.optional_shaped("speaker", is_plain_uuid)) lease.speaker = SpeakerId(*std::move(speaker));
  lease.request = json.optional_shaped("request", is_plain_uuid);
  lease.granted_at = json.time("granted_at");
  lease.expires_at = json.time("expires_at");
  return lease;
}

Receipt read_receipt(JsonReader& json) {
  Receipt take;
  take.recording_id = RecordingId(json.shaped("recording_id", is_recording_id));
  take.topic = json.text("topic", kStateNameBytesMax);
  take.partition = PartitionId(static_cast<std::int32_t>(json.number("partition", kPartitionMax)));
  take.offset = Offset(static_cast<std::int64_t>(json.number("offset", kSequenceMax)));
  take.sha256 = json.shaped("sha256", is_sha256);
  const auto standing = parse_lease_standing(json.text("standing", kStateNameBytesMax));
  if (!standing) json.refuse("standing", "held, late or none is wanted");
  take.standing = standing.value_or(LeaseStanding::kNone);
  take.source = json.text("source", kStateNameBytesMax);
  take.sequence = json.number("sequence", kSequenceMax);
  if (auto speaker = json.optional_shaped("speaker", is_plain_uuid)) take.speaker = SpeakerId(*std::move(speaker));
  if (auto lease = json.optional_shaped("lease", is_plain_uuid)) take.lease = LeaseId(*std::move(lease));
  return take;
}

PromptState read_state(JsonReader& json) {
  PromptState state;
  state.prompt_id = PromptId(json.shaped("prompt_id", is_prompt_id));
  state.locale = json.shaped("locale", is_locale_shape);
  state.wanted = static_cast<int>(json.number("wanted", kWantedMax));
  json.objects("leases", kLeasesMax, [&](JsonReader& part) { state.leases.push_back(read_lease(part)); });
  state.leases_lapsed = json.number("leases_lapsed", kSequenceMax);
  json.texts("skipped_by", kSkipsMax, [&](const std::string& speaker) {
    if (!is_plain_uuid(speaker)) json.refuse("skipped_by", "UUIDs are wanted");
    state.skipped_by.emplace_back(speaker);
  });
  state.parked = json.boolean("parked");
  json.objects("takes", kTakesMax, [&](JsonReader& part) { state.takes.push_back(read_receipt(part)); });
  state.recordings_next_offset = Offset(static_cast<std::int64_t>(json.number("recordings_next_offset", kSequenceMax)));
  state.time = json.time("time");
  return state;
}

}  // namespace

std::size_t PromptState::counted_takes() const {
  return static_cast<std::size_t>(
      std::count_if(takes.begin(), takes.end(), [](const Receipt& t) { return t.standing != LeaseStanding::kNone; }));
}

Result<OutgoingRecord> build_prompt_state(const Topics& topics, const PromptState& state) {
  if (state.leases.size() > kLeasesMax || state.skipped_by.size() > kSkipsMax || state.takes.size() > kTakesMax) {
    return make_error(ErrorKind::kLimit,
                      "prompt " + state.prompt_id.value() + " has more leases, skips or takes than one record holds");
  }
  std::string value = dump_json(to_json(state));
  if (value.size() > kMessageBytesMax - kStateHeadroomBytes) {
    return make_error(ErrorKind::kLimit, "the state of prompt " + state.prompt_id.value() + " takes " +
                                             std::to_string(value.size()) + " bytes");
  }
  return state_record(topics.prompt_state(), state.prompt_id.value(), std::move(value), state.time);
}

OutgoingRecord build_start_marker(const Topics& topics, const StartMarker& marker, PartitionId partition) {
  OutgoingRecord record = start_record(topics.prompt_state(), marker);
  record.partition = partition;
  return record;
}

Reading<PromptStateRecord> read_prompt_state(const IncomingRecord& record) {
  return read_state_document<PromptState>(
      record, "prompt", read_state,
      [](const PromptState& state) -> const std::string& { return state.prompt_id.value(); });
}

}  // namespace antiphon::events
