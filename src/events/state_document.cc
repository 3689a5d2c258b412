#include "events/state_document.h"

#include "events/envelope.h"
#include "events/shapes.h"

namespace antiphon::events {

OutgoingRecord state_record(std::string topic, std::string key, std::string value, WallTime time) {
  OutgoingRecord record;
  record.topic = std::move(topic);
  record.key = std::move(key);
  record.value = std::move(value);
  record.timestamp_ms = to_unix_ms(time);
  record.headers = HeaderBuilder().add("content-type", kJsonContentType).take();
  return record;
}

OutgoingRecord start_record(std::string topic, const StartMarker& marker) {
  nlohmann::json json{{"v", kStateVersion},
                      {"kind", "start"},
                      {"client_id", marker.client_id},
                      {"run", marker.run},
                      {"time", format_rfc3339(marker.time)}};
  if (marker.recordings_next_offset) json["recordings_next_offset"] = marker.recordings_next_offset->value();
  return state_record(std::move(topic), "start/" + marker.client_id, dump_json(json), marker.time);
}

StateDocument::StateDocument(const IncomingRecord& record) {
  HeaderReader envelope(record.headers);
  key_ = read_key(envelope, record);
  const std::string_view value = read_value(envelope, record);
  envelope_refusal_ = envelope.refusal();
  if (envelope_refusal_) return;
  json_.emplace(value);
  if (json_->number("v", kStateVersion) != kStateVersion)
    json_->refuse(Refusal{"unknown-version", "version 1 is known"});
  kind_ = json_->text("kind", kStateNameBytesMax);
}

StartMarker StateDocument::read_start() {
  StartMarker marker;
  marker.client_id = json_->text("client_id", kStateNameBytesMax);
  marker.run = json_->shaped("run", is_plain_uuid);
  if (const auto offset = json_->optional_number("recordings_next_offset", kSequenceMax)) {
    marker.recordings_next_offset = Offset(static_cast<std::int64_t>(*offset));
  }
  marker.time = json_->time("time");
  return marker;
}

std::optional<Refusal> StateDocument::end(const std::string& expected_key) {
  if (envelope_refusal_) return envelope_refusal_;
  if (key_ != expected_key) json_->refuse(Refusal{"key-mismatch", "the value is not about the record's key"});
  return json_->refusal();
}

}  // namespace antiphon::events
