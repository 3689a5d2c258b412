// antiphon.recording.erased.v1: a tombstone that says what it removes. And the door to the topic, which tells the two
// kinds apart.
#include <string>

#include "core/murmur2.h"
#include "events/codec.h"
#include "events/envelope.h"
#include "events/recording_codec.h"

namespace antiphon::events {
namespace {

constexpr std::string_view kErasureSource = "/erasure/";

Reading<RecordingEvent> read_erasure(HeaderReader& reader, const IncomingRecord& record, RecordingId id) {
  Erasure erasure;
  erasure.id = std::move(id);
  erasure.prompt_id = PromptId(std::string(reader.text("ce_promptid")));
  erasure.time = reader.time("ce_time");
  erasure.locale = reader.text("ce_locale");
  erasure.speaker_id = SpeakerId(std::string(reader.text("ce_speakerid")));
  erasure.trace = reader.trace();
  if (record.value) reader.refuse("unexpected-value", "an erasure has no value");
  if (reader.refusal()) return *reader.refusal();
  if (auto problem = problem_of(erasure)) return *std::move(problem);
  return RecordingEvent(std::move(erasure));
}

}  // namespace

OutgoingRecord build_erasure(const Topics& topics, const Erasure& erasure, std::int32_t partitions) {
  OutgoingRecord record;
  record.topic = topics.recordings();
  record.partition = partition_of(erasure.prompt_id.value(), partitions);
  record.key = erasure.id.value();
  record.timestamp_ms = to_unix_ms(erasure.time);
  record.headers = envelope(kErasureType, std::string(kErasureSource) + erasure.id.value(), erasure.id.value(),
                            erasure.time, erasure.prompt_id.value())
                       .add("ce_sequence", "1")
                       .add("ce_promptid", erasure.prompt_id.value())
                       .add("ce_locale", erasure.locale)
                       .add("ce_speakerid", erasure.speaker_id.value())
                       .trace(erasure.trace)
                       .take();
  return record;
}

std::optional<Refusal> problem_of(const Erasure& erasure) {
  return problem_of_ids(erasure.id, erasure.prompt_id, erasure.locale, erasure.speaker_id);
}

Reading<RecordingEvent> read_recording(const IncomingRecord& record) {
  HeaderReader reader(record.headers);
  const std::string_view key = read_key(reader, record);
  reader.expect("ce_specversion", kSpecVersion);
  const std::string_view type = reader.text("ce_type");
  RecordingId id(std::string(reader.text("ce_id")));
  if (id.value() != key) reader.refuse("key-mismatch", "ce_id is not the record's key");
  if (type == kErasureType) return read_erasure(reader, record, std::move(id));
  if (type != kRecordingType) reader.refuse("wrong-type", "ce_type is neither a recording's nor an erasure's");
  return read_voice(reader, record, std::move(id));
}

}  // namespace antiphon::events
