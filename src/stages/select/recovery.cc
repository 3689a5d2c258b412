#include "stages/select/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/bus/true_ends.h"
#include "core/logging.h"
#include "events/codec.h"

namespace antiphon::select {
namespace {

using Ranges = std::map<bus::TopicPartition, bus::OffsetRange>;

Result<Ranges> ranges_of(bus::PartitionReader& reader, const std::string& topic, int partitions) {
  Ranges ranges;
  for (int i = 0; i < partitions; ++i) {
    const bus::TopicPartition partition{topic, PartitionId(i)};
    ANTIPHON_TRY(range, reader.offsets(partition, kRecoveryTimeout));
    ranges.emplace(partition, range);
  }
  return ranges;
}

Result<Ranges> true_ranges_of(bus::PartitionReader& reader, const bus::Connection& connection, const std::string& topic,
                              int partitions, const StopToken& stop) {
  ANTIPHON_TRY(ranges, ranges_of(reader, topic, partitions));
  std::set<bus::TopicPartition> asked;
  for (const auto& [partition, range] : ranges) asked.insert(partition);
  ANTIPHON_TRY(ends, bus::true_ends(connection, asked, [&] { return stop.stop_requested(); }));
  for (auto& [partition, range] : ranges) range.end = std::max(range.end, ends.at(partition));
  return ranges;
}

class Reading {
 public:
  Reading(const bus::Connection& connection, const StopToken& stop) : connection_(connection), stop_(stop) {}

  // `use` answers false for a record that the contract does not know.
  Result<> all(const Ranges& ranges, const std::function<bool(const IncomingRecord&)>& use) {
    // A reader that is given other partitions first waits for its long poll to end, half a second; a new one does not.
    ANTIPHON_TRY(reader, bus::PartitionReader::create(connection_));
    return bus::read_all(
        *reader, ranges, kRecoveryTimeout,
        [&](const IncomingRecord& record) -> Result<> {
          if (!use(record)) refuse(record);
          return {};
        },
        [this] { return stop_.stop_requested(); });
  }
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  void refuse(const IncomingRecord& record) {
    if (unreadable_++ == 0) {
      logging::warn("a record is not of the contract and is passed over, as all such are",
                    {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}});
    }
  }
  const bus::Connection& connection_;
  const StopToken& stop_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace

bool apply_prompt_state(const IncomingRecord& record, Planner& planner) {
  if (!record.value) {
    if (record.key) planner.forget(as_text(*record.key));
    return true;
  }
  const auto state = events::read_prompt_state(record);
  if (!state) return false;
  if (const auto* prompt = std::get_if<events::PromptState>(&*state)) planner.apply(*prompt);
  return true;
}

Result<Recovered> recover(bus::Producer& producer, const bus::Connection& connection, const events::Topics& topics,
                          int partitions, const events::StartMarker& start, const StopToken& stop, Planner& planner) {
  if (auto sent = producer.send_and_wait(events::build_selector_start(topics, start), kRecoveryTimeout); !sent)
    return sent.error();
  // prompt-state is followed from these ends: a studio's transaction that is open now is not waited for.
  ANTIPHON_TRY(reader, bus::PartitionReader::create(connection, {.readable_ends = true}));
  ANTIPHON_TRY(corpus_states, ranges_of(*reader, topics.corpus_state(), 1));
  ANTIPHON_TRY(prompts, true_ranges_of(*reader, connection, topics.prompts(), partitions, stop));
  ANTIPHON_TRY(prompt_states, ranges_of(*reader, topics.prompt_state(), partitions));
  Reading reading(connection, stop);

  bool marked = false;
  std::map<std::string, events::CorpusState> states;  // the last of a key is the truth
  ANTIPHON_TRY_VOID(reading.all(corpus_states, [&](const IncomingRecord& record) {
    if (!record.value) {
      if (record.key) states.erase(std::string(as_text(*record.key)));
      return true;
    }
    auto state = events::read_corpus_state(record);
    if (!state) return false;
    if (auto* corpus = std::get_if<events::CorpusState>(&*state)) states[corpus->corpus_id] = std::move(*corpus);
    const auto* marker = std::get_if<events::StartMarker>(&*state);
    marked = marked || (marker != nullptr && marker->run == start.run);
    return true;
  }));
  if (!marked)
    return make_error(ErrorKind::kUnavailable, "a broker does not know what was just written to corpus-state");
  for (const auto& [id, state] : states) planner.found_state(state);

  ANTIPHON_TRY_VOID(reading.all(prompts, [&](const IncomingRecord& record) {
    const auto prompt = events::read_prompt(record);
    if (prompt) planner.found_prompt(*prompt);
    return prompt.has_value();
  }));
  if (const auto corpus = planner.corpus_with_prompts_missing()) {
    return make_error(ErrorKind::kUnavailable,
                      fmt::format("a broker knows fewer sentences of corpus {} than were published", *corpus));
  }
  ANTIPHON_TRY_VOID(
      reading.all(prompt_states, [&](const IncomingRecord& record) { return apply_prompt_state(record, planner); }));

  Recovered recovered;
  recovered.unreadable = reading.unreadable();
  for (const auto& [partition, range] : prompt_states) recovered.prompt_state_ends.emplace(partition, range.end);
  return recovered;
}

}  // namespace antiphon::select
