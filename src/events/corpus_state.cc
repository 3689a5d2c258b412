#include "events/corpus_state.h"

#include "events/envelope.h"
#include "events/shapes.h"
#include "events/state_document.h"

namespace antiphon::events {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kReasonsMax = 64;
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
  Json json{{"v", kStateVersion},
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
  object.etag = json.text("etag", kStateNameBytesMax, 0);
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
  const auto condition = parse_corpus_condition(json.text("condition", kStateNameBytesMax));
  if (!condition) json.refuse("condition", "reading, waiting, offline or done is wanted");
  state.condition = condition.value_or(CorpusCondition::kOffline);
  state.since = json.time("since");
  state.detail = json.text("detail", 4 * kCorpusDetailBytesMax, 0);  // U+FFFD takes three bytes for one
  state.time = json.time("time");
  return state;
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
  if (value.size() > kMessageBytesMax - kStateHeadroomBytes) {
    return make_error(ErrorKind::kLimit, "the state of corpus " + state.corpus_id + " takes " +
                                             std::to_string(value.size()) + " bytes: give it in several corpora");
  }
  return state_record(topics.corpus_state(), state.corpus_id, std::move(value), state.time);
}

OutgoingRecord build_selector_start(const Topics& topics, const StartMarker& marker) {
  return start_record(topics.corpus_state(), marker);
}

Reading<CorpusStateRecord> read_corpus_state(const IncomingRecord& record) {
  return read_state_document<CorpusState>(
      record, "corpus", read_state, [](const CorpusState& state) -> const std::string& { return state.corpus_id; });
}

}  // namespace antiphon::events
