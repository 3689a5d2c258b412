#include "sim/history/event_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace antiphon::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<What, const char*>, 18> kWhats{{{What::kSend, "send"},
                                                               {What::kSent, "sent"},
                                                               {What::kPosition, "position"},
                                                               {What::kPolled, "polled"},
                                                               {What::kCommit, "commit"},
                                                               {What::kCommitted, "committed"},
                                                               {What::kAsk, "ask"},
                                                               {What::kStored, "stored"},
                                                               {What::kBegin, "begin"},
                                                               {What::kEnd, "end"},
                                                               {What::kEnded, "ended"},
                                                               {What::kJoin, "join"},
                                                               {What::kAssigned, "assigned"},
                                                               {What::kTransforms, "transforms"},
                                                               {What::kLog, "log"},
                                                               {What::kLogStart, "log_start"},
                                                               {What::kTopicGone, "topic_gone"},
                                                               {What::kFault, "fault"}}};
constexpr std::array<const char*, 3> kOutcomes{"ok", "failed", "unknown"};

Error refuse(std::string why) { return make_error(ErrorKind::kInvalidInput, std::move(why)); }

void read_field(Event& event, const std::string& name, const Json& value) {
  if (name == "what") {
    const auto found = std::find_if(kWhats.begin(), kWhats.end(), [&](const auto& w) { return value == w.second; });
    if (found == kWhats.end()) throw std::invalid_argument("an unknown event");
    event.what = found->first;
  } else if (name == "outcome") {
    const auto found = std::find_if(kOutcomes.begin(), kOutcomes.end(), [&](const char* o) { return value == o; });
    if (found == kOutcomes.end()) throw std::invalid_argument("an unknown outcome");
    event.outcome = static_cast<Outcome>(found - kOutcomes.begin());
  } else if (name == "process") {
    value.get_to(event.process);
  } else if (name == "topic") {
    value.get_to(event.topic);
  } else if (name == "partition") {
    event.partition = PartitionId(value.get<std::int32_t>());
  } else if (name == "value") {
    value.get_to(event.value);
  } else if (name == "acks") {
    value.get_to(event.acks);
  } else if (name == "repeats") {
    value.get_to(event.repeats);
  } else if (name == "transaction") {
    value.get_to(event.transaction);
  } else if (name == "commits") {
    value.get_to(event.commits);
  } else if (name == "group") {
    value.get_to(event.group);
  } else if (name == "generation") {
    event.generation = GenerationId(value.get<std::int32_t>());
  } else if (name == "of") {
    value.get_to(event.of);
  } else if (name == "offset") {
    event.offset = Offset(value.get<std::int64_t>());
  } else if (name == "first") {
    event.first = Offset(value.get<std::int64_t>());
  } else if (name == "committed_only") {
    value.get_to(event.committed_only);
  } else if (name == "reason") {
    value.get_to(event.reason);
  } else if (name == "records") {
    for (const Json& record : value) {
      event.records.emplace_back(Offset(record.at(0).get<std::int64_t>()), record.at(1).get<std::string>());
    }
  } else {
    throw std::invalid_argument("an unknown field: " + name);
  }
}

}  // namespace

std::string to_json_line(const Event& event) {
  Json json;
  json["what"] =
      std::find_if(kWhats.begin(), kWhats.end(), [&](const auto& w) { return w.first == event.what; })->second;
  if (!event.process.empty()) json["process"] = event.process;
  if (!event.topic.empty()) {
    json["topic"] = event.topic;
    json["partition"] = event.partition.value();
  }
  if (!event.value.empty()) json["value"] = event.value;
  if (event.what == What::kSend) json["acks"] = event.acks;
  if (event.repeats) json["repeats"] = true;
  if (!event.transaction.empty()) json["transaction"] = event.transaction;
  if (event.what == What::kEnd) json["commits"] = event.commits;
  if (!event.group.empty()) json["group"] = event.group;
  if (event.generation != GenerationId(-1)) json["generation"] = event.generation.value();
  if (!event.of.empty()) json["of"] = event.of;
  if (event.what == What::kLog) json["first"] = event.first.value();
  if (event.offset != Offset(-1)) json["offset"] = event.offset.value();
  const bool answer = event.what == What::kSent || event.what == What::kCommitted || event.what == What::kEnded;
  if (answer) json["outcome"] = kOutcomes.at(static_cast<std::size_t>(event.outcome));
  if (event.committed_only) json["committed_only"] = true;
  if (!event.reason.empty()) json["reason"] = event.reason;
  if (!event.records.empty()) {
    Json& records = json["records"];
    for (const auto& [offset, value] : event.records) records.push_back({offset.value(), value});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Event> event_from_json(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("what")) return refuse("not an event");
  Event event;
  try {
    for (const auto& [name, value] : json.items()) read_field(event, name, value);
  } catch (const std::exception& wrong) {  // the library's own way to say so
    return refuse(wrong.what());
  }
  return event;
}

Result<History> read_history(std::istream& in) {
  History history;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    auto event = event_from_json(line);
    if (!event) return std::move(event).error().within(fmt::format("line {}", number));
    history.push_back(std::move(*event));
  }
  return history;
}

}  // namespace antiphon::sim
