#include "events/corpus_state.h"

#include "events/envelope.h"
#include "events/json_reader.h"
#include "events/shapes.h"

namespace antiphon::events {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kReasonsMax = 64;
constexpr std::size_t kHeadroomBytes = 4096;  // of a record: key, headers, framing
constexpr std::uint64_t kSeedMax = ~std::uint64_t{0};

Json to_json(const CorpusState& state) {
  Json objects = Json::array();
  for (const ObjectPosition& object : state.objects) {
    objects.push_back({{"key", object.key},
                       {"etag", object.etag},
                       {"offset", object.offset},
                       {"size", object.size},
                       {"complete", object.complete}});
  }
  Json json{{"v", kVersion},
            {"kind", "corpus"},
            {"corpus_id", state.corpus_id},
            {"objects", std::move(objects)},
            {"next_sequence", state.next_sequence},
            {"left_out", Json::object()},
            {"repeated", state.repeated},
            {"condition", std::string(to_string(state.condition))},
            {"since", format_rfc3339(state.since)},
            {"detail", state.detail.substr(0, kCorpusDetailBytesMax)},
            {"time", format_rfc3339(state.time)}};
  for (const auto& [reason, count] : state.left_out) json["left_out"][reason] = count;
  if (state.shuffle) json["shuffle"] = {{"seed", state.shuffle->seed}, {"done", state.shuffle->done}};
  return json;
}

ObjectPosition read_object(JsonReader& json) {
  ObjectPosition object;
  object.key = json.text("key", kObjectKeyBytesMax);
  object.etag = json.text("etag", kNameBytesMax, 0);
  object.offset = json.number("offset", kSequenceMax);
  object.size = json.number("size", kSequenceMax);
  object.complete = json.boolean("complete");
  return object;
}

CorpusState read_state(JsonReader& json) {
  CorpusState state;
  state.corpus_id = json.shaped("corpus_id", is_corpus_id);
  json.objects("objects", kCorpusObjectsMax, [&](JsonReader& part) { state.objects.push_back(read_object(part)); });
  json.object("shuffle", [&](JsonReader& part) {
    state.shuffle = ShufflePosition{part.number("seed", kSeedMax), part.number("done", kSequenceMax)};
  });
  state.next_sequence = json.number("next_sequence", kSequenceMax);
  if (state.next_sequence == 0) json.refuse("next_sequence", "it counts from 1");
  json.numbers("left_out", kReasonsMax,
               [&](const std::string& reason, std::uint64_t count) { state.left_out[reason] = count; });
  state.repeated = json.number("repeated", kSequenceMax);
  const auto condition = parse_corpus_condition(json.text("condition", kNameBytesMax));
  if (!condition) json.refuse("condition", "reading, waiting, offline or done is wanted");
  state.condition = condition.value_or(CorpusCondition::kOffline);
  state.since = json.time("since");
  state.detail = json.text("detail", 4 * kCorpusDetailBytesMax, 0);  // U+FFFD takes three bytes for one
  state.time = json.time("time");
  return state;
}

SelectorStart read_start(JsonReader& json) {
  SelectorStart start;
  start.client_id = json.text("client_id", kNameBytesMax);
  start.run = json.shaped("run", is_plain_uuid);
  start.time = json.time("time");
  return start;
}

OutgoingRecord table_record(const Topics& topics, std::string key, std::string value, WallTime time) {
  OutgoingRecord record;
  record.topic = topics.corpus_state();
  record.key = std::move(key);
  record.value = std::move(value);
  record.timestamp_ms = to_unix_ms(time);
  record.headers = HeaderBuilder().add("content-type", kJsonContentType).take();
  return record;
}

}  // namespace

std::string_view to_string(CorpusCondition condition) {
  switch (condition) {
    case CorpusCondition::kReading:
      return "reading";
    case CorpusCondition::kWaiting:
      return "waiting";
    case CorpusCondition::kOffline:
      return "offline";
    case CorpusCondition::kDone:
      return "done";
  }
  return "offline";
}

std::optional<CorpusCondition> parse_corpus_condition(std::string_view text) {
  for (const auto condition :
       {CorpusCondition::kReading, CorpusCondition::kWaiting, CorpusCondition::kOffline, CorpusCondition::kDone}) {
    if (text == to_string(condition)) return condition;
  }
  return std::nullopt;
}

Result<OutgoingRecord> build_corpus_state(const Topics& topics, const CorpusState& state) {
  if (state.objects.size() > kCorpusObjectsMax || state.left_out.size() > kReasonsMax) {
    return make_error(ErrorKind::kLimit, "corpus " + state.corpus_id + " has " + std::to_string(state.objects.size()) +
                                             " objects; at most " + std::to_string(kCorpusObjectsMax) +
                                             " can be followed: join small ones, or give it in several corpora");
  }
  std::string value = dump_json(to_json(state));
  if (value.size() > kMessageBytesMax - kHeadroomBytes) {
    return make_error(ErrorKind::kLimit, "the state of corpus " + state.corpus_id + " takes " +
                                             std::to_string(value.size()) + " bytes: give it in several corpora");
  }
  return table_record(topics, state.corpus_id, std::move(value), state.time);
}

OutgoingRecord build_selector_start(const Topics& topics, const SelectorStart& start) {
  const Json json{{"v", kVersion},
                  {"kind", "start"},
                  {"client_id", start.client_id},
                  {"run", start.run},
                  {"time", format_rfc3339(start.time)}};
  return table_record(topics, "start/" + start.client_id, dump_json(json), start.time);
}

Reading<CorpusStateRecord> read_corpus_state(const IncomingRecord& record) {
  HeaderReader envelope(record.headers);
  const std::string_view key = read_key(envelope, record);
  const std::string_view value = read_value(envelope, record);
  if (envelope.refusal()) return *envelope.refusal();
  JsonReader json(value);
  if (json.number("v", kVersion) != kVersion) json.refuse(Refusal{"unknown-version", "version 1 is known"});
  const std::string kind = json.text("kind", kNameBytesMax);
  CorpusStateRecord read;
  std::string expected_key;
  if (kind == "start") {
    SelectorStart start = read_start(json);
    expected_key = "start/" + start.client_id;
    read = std::move(start);
  } else if (kind == "corpus") {
    CorpusState state = read_state(json);
    expected_key = state.corpus_id;
    read = std::move(state);
  } else {
    json.refuse("kind", "corpus or start is wanted");
  }
  if (key != expected_key) json.refuse(Refusal{"key-mismatch", "the value is not about the record's key"});
  if (json.refusal()) return *json.refusal();
  return read;
}

}  // namespace antiphon::events
