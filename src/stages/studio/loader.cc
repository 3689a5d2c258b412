#include "stages/studio/loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/logging.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "events/prompt_state.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kWarmTimeMax{2'000};      // partitions may be gained meanwhile
constexpr std::chrono::milliseconds kQuestionTimeMax{1'000};  // then it is asked again, if it is still to be known

std::set<PartitionId> partitions_in(const std::map<PartitionId, std::string>& notes) {
  std::set<PartitionId> partitions;
  for (const auto& [partition, note] : notes) partitions.insert(partition);
  return partitions;
}

Error cancelled_error() { return make_error(ErrorKind::kCancelled, "the state is not needed any more"); }

}  // namespace

Loader::Loader(LoadSettings settings, LoaderParts parts, Desk& desk, const Clock& clock, Random& random,
               StudioMetrics& metrics)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      desk_(desk),
      clock_(clock),
      random_(random),
      metrics_(metrics) {}

Result<std::map<PartitionId, Offset>> Loader::load(const std::map<PartitionId, std::string>& notes,
                                                   const std::function<bool()>& cancelled) {
  const Patience patience{cancelled, settings_.kafka_time_max};
  records_ = unusable_ = 0;
  const std::size_t copied = copied_of(notes);
  marker_ = make_uuid_v4(random_);
  unmarked_ = partitions_in(notes);
  const std::set<PartitionId> partitions = unmarked_;
  ANTIPHON_TRY_VOID(parts_.take_over(
      notes, events::StartMarker{settings_.client_id, marker_, std::nullopt, clock_.wall_now()}, cancelled));
  ANTIPHON_TRY(reader, parts_.make_reader({}));
  ANTIPHON_TRY(recordings, ranges_of(*reader, settings_.topics.recordings(), partitions, patience));
  ANTIPHON_TRY(prompts, ranges_of(*reader, settings_.topics.prompts(), partitions, patience));
  ANTIPHON_TRY(states, ranges_of(*reader, settings_.topics.prompt_state(), partitions, patience));
  ANTIPHON_TRY_VOID(raise_ends({&recordings, &prompts}, patience));
  ANTIPHON_TRY_VOID(forget_if_so(shorter_than_read(states, prompts), *reader, states, patience));
  ANTIPHON_TRY_VOID(read_tables(*reader, unread(states, prompts), patience));
  if (!unmarked_.empty())
    return make_error(ErrorKind::kUnavailable, "a broker does not know what was just written to prompt-state");
  std::map<PartitionId, Offset> next;
  for (const PartitionId partition : partitions) {
    next[partition] = progress_.at(partition).prompts;
    progress_.erase(partition);  // takes counted from here on are in no table: should this fail, all is read anew
  }
  ANTIPHON_TRY_VOID(read_recordings(std::move(recordings), cancelled));
  logging::info("the state is read",
                {{"partitions", notes.size()}, {"copied", copied}, {"records", records_}, {"unusable", unusable_}});
  return next;
}

std::size_t Loader::copied_of(const std::map<PartitionId, std::string>& notes) const {
  return static_cast<std::size_t>(
      std::count_if(notes.begin(), notes.end(), [&](const auto& note) { return progress_of(note.first) != nullptr; }));
}

Result<bool> Loader::keep_warm(const std::set<PartitionId>& partitions, const std::function<bool()>& cancelled) {
  desk_.with_leases([&](Leases& leases) {
    for (const PartitionId partition : partitions) leases.own(partition);
  });
  const auto done = partitions.empty() ? Result<>() : copy(partitions, {cancelled, kWarmTimeMax});
  if (!done && done.error().kind == ErrorKind::kCancelled) return false;
  metrics_.set_copied_partitions(done ? partitions.size() : 0);
  if (!done) return done.error();
  return true;
}

Result<> Loader::copy(const std::set<PartitionId>& partitions, const Patience& patience) {
  if (!asker_) {
    ANTIPHON_TRY(asker, parts_.make_reader({.readable_ends = true, .asks_only = true}));
    asker_ = std::move(asker);
  }
  ANTIPHON_TRY(states, ranges_of(*asker_, settings_.topics.prompt_state(), partitions, patience));
  ANTIPHON_TRY(prompts, ranges_of(*asker_, settings_.topics.prompts(), partitions, patience));
  const auto shorter = shorter_than_read(states, prompts);
  std::erase_if(states, [&](const auto& entry) { return shorter.contains(entry.first.partition); });
  if (const Ranges tables = unread(states, prompts); !tables.empty()) {
    ANTIPHON_TRY(reader, parts_.make_reader({}));
    ANTIPHON_TRY_VOID(read_tables(*reader, tables, patience));
  }
  if (shorter.empty()) return {};
  return make_error(ErrorKind::kUnavailable, "a broker tells less than it, or another, has told before");
}

// Nothing where the partition was given up since.
const Loader::Progress* Loader::progress_of(PartitionId partition) const {
  const auto ownership = desk_.with_leases([&](Leases& leases) { return leases.ownership(partition); });
  const auto known = progress_.find(partition);
  return known != progress_.end() && known->second.ownership == ownership ? &known->second : nullptr;
}

Loader::Progress& Loader::begin_anew(PartitionId partition, Offset states, Offset prompts) {
  const std::uint64_t ownership = desk_.with_leases([&](Leases& leases) {
    leases.disown(partition);
    leases.own(partition);
    return *leases.ownership(partition);
  });
  return progress_[partition] = Progress{ownership, states, prompts};
}

std::set<PartitionId> Loader::shorter_than_read(const Ranges& states, const Ranges& prompts) const {
  std::set<PartitionId> shorter;
  for (const auto& [state, range] : states) {
    const Progress* read = progress_of(state.partition);
    const Offset prompts_end = prompts.at({settings_.topics.prompts(), state.partition}).end;
    if (read != nullptr && (read->states > range.end || read->prompts > prompts_end)) shorter.insert(state.partition);
  }
  return shorter;
}

// A copy that knows more than Kafka tells is kept while it is a leader that is cut off who tells so; one that knows
// what was just written is none, and the records are gone. Looked for at the end: the copy may reach beyond the marker.
Result<> Loader::forget_if_so(const std::set<PartitionId>& shorter, bus::PartitionReader& reader, const Ranges& states,
                              const Patience& patience) {
  if (shorter.empty()) return {};
  Ranges ends;
  for (const auto& [state, range] : states) {
    if (!shorter.contains(state.partition)) continue;
    ends[state] = {std::max(range.start, range.end - kMarkerFromEndMax), range.end};
  }
  ANTIPHON_TRY_VOID(read(reader, ends, patience, [this](const IncomingRecord& record) {
    const auto read = events::read_prompt_state(record);
    const auto* marker = read ? std::get_if<events::StartMarker>(&*read) : nullptr;
    if (marker != nullptr) note_marker(*marker, record.partition);
  }));
  for (const PartitionId partition : shorter) {
    if (unmarked_.contains(partition))
      return make_error(ErrorKind::kUnavailable, "a broker knows less of prompt-state than was read of it before");
    logging::warn("a topic is shorter than its copy; it is read anew", {{"partition", partition}});
    progress_.erase(partition);
  }
  return {};
}

Loader::Ranges Loader::unread(const Ranges& states, const Ranges& prompts) {
  Ranges unread;
  for (const auto& [state, told] : states) {
    bus::OffsetRange state_range = told;
    const bus::TopicPartition prompt{settings_.topics.prompts(), state.partition};
    bus::OffsetRange prompt_range = prompts.at(prompt);
    const Progress* known = progress_of(state.partition);
    // A start is never told too high: what stood below it and was not read yet will not be.
    if (known == nullptr || known->states < state_range.start || known->prompts < prompt_range.start)
      known = &begin_anew(state.partition, state_range.start, prompt_range.start);
    state_range.start = known->states;
    prompt_range.start = known->prompts;
    if (state_range.start < state_range.end) unread[state] = state_range;
    if (prompt_range.start < prompt_range.end) unread[prompt] = prompt_range;
  }
  return unread;
}

Result<> Loader::read_tables(bus::PartitionReader& reader, const Ranges& tables, const Patience& patience) {
  const std::string state_topic = settings_.topics.prompt_state();
  const auto read_so_far = [&](std::string_view topic, PartitionId partition, Offset next) {
    Progress& progress = progress_.at(partition);
    (topic == state_topic ? progress.states : progress.prompts) = next;
  };
  ANTIPHON_TRY_VOID(read(reader, tables, patience, [&](const IncomingRecord& record) {
    if (record.topic == state_topic) {
      use_state(record);
    } else {
      use_prompt(record);
    }
    read_so_far(record.topic, record.partition, record.offset + 1);
  }));
  for (const auto& [table, range] : tables) read_so_far(table.topic, table.partition, range.end);
  return {};
}

Result<> Loader::read_back(PartitionId partition, Gap gap, const std::function<bool()>& cancelled) {
  Ranges range{{{settings_.topics.recordings(), partition}, {gap.start, gap.end}}};
  ANTIPHON_TRY(reader, parts_.make_reader({}));
  ANTIPHON_TRY_VOID(read(*reader, range, {cancelled, settings_.kafka_time_max},
                         [this](const IncomingRecord& record) { use_recording(record); }));
  desk_.with_leases([&](Leases& leases) { leases.advance_next_offset(partition, gap.end); });
  return {};
}

Result<> Loader::read_recordings(Ranges ranges, const std::function<bool()>& cancelled) {
  bool any = false;
  for (auto& [partition, range] : ranges) {
    const PartitionId id = partition.partition;
    const Offset counted = desk_.with_leases([id](Leases& leases) { return leases.next_offset(id); });
    if (counted > range.end) {
      return make_error(ErrorKind::kUnavailable,
                        fmt::format("recordings partition {} ends at {}, but was counted to {} before: the brokers "
                                    "that say so are cut off from the others, or what was acknowledged is lost",
                                    id.value(), range.end.value(), counted.value()));
    }
    range.start = std::max(range.start, counted);
    any = any || range.start < range.end;
  }
  if (any) {
    ANTIPHON_TRY(reader, parts_.make_reader({}));
    ANTIPHON_TRY_VOID(read(*reader, ranges, {cancelled, settings_.kafka_time_max},
                           [this](const IncomingRecord& record) { use_recording(record); }));
  }
  desk_.with_leases([&](Leases& leases) {
    for (const auto& [partition, range] : ranges) leases.advance_next_offset(partition.partition, range.end);
  });
  return {};
}

Result<bus::OffsetRange> Loader::ask(bus::PartitionReader& reader, const bus::TopicPartition& partition,
                                     const Patience& patience) {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + patience.time_max;
  for (;;) {
    if (patience.cancelled()) return cancelled_error();
    const auto asked_at = SteadyClock::now();
    auto range = reader.offsets(partition, std::min(kQuestionTimeMax, patience.time_max));
    const auto now = SteadyClock::now();
    const bool no_answer =
        !range && range.error().kind == ErrorKind::kUnavailable && now - asked_at >= kQuestionTimeMax;
    if (!no_answer || now >= until) return range;
  }
}

Result<Loader::Ranges> Loader::ranges_of(bus::PartitionReader& reader, const std::string& topic,
                                         const std::set<PartitionId>& partitions, const Patience& patience) {
  Ranges ranges;
  for (const PartitionId id : partitions) {
    const bus::TopicPartition partition{topic, id};
    ANTIPHON_TRY(range, ask(reader, partition, patience));
    ranges[partition] = range;
  }
  return ranges;
}

Result<> Loader::raise_ends(const std::vector<Ranges*>& of_topics, const Patience& patience) {
  std::set<bus::TopicPartition> partitions;
  for (const Ranges* ranges : of_topics) {
    for (const auto& [partition, range] : *ranges) partitions.insert(partition);
  }
  ANTIPHON_TRY(ends, parts_.true_ends(partitions, patience.cancelled));
  for (Ranges* ranges : of_topics) {
    for (auto& [partition, range] : *ranges) range.end = std::max(range.end, ends.at(partition));
  }
  return {};
}

Result<> Loader::read(bus::PartitionReader& reader, const Ranges& ranges, const Patience& patience,
                      const std::function<void(const IncomingRecord&)>& use) {
  return bus::read_all(
      reader, ranges, patience.time_max,
      [&](const IncomingRecord& record) -> Result<> {
        use(record);
        ++records_;
        return {};
      },
      patience.cancelled);
}

void Loader::unusable(const IncomingRecord& record, const events::Refusal& refusal) {
  ++unusable_;
  metrics_.count_unusable(std::string(record.topic));
  logging::warn(
      "a record cannot be used",
      {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}, {"reason", refusal.label}});
}

void Loader::note_marker(const events::StartMarker& marker, PartitionId partition) {
  if (marker.run == marker_) unmarked_.erase(partition);
}

void Loader::use_state(const IncomingRecord& record) {
  if (!record.value) return;  // a tombstone: nothing is known of that sentence
  const auto read = events::read_prompt_state(record);
  if (!read) return unusable(record, read.error());
  if (const auto* marker = std::get_if<events::StartMarker>(&*read)) return note_marker(*marker, record.partition);
  const auto* state = std::get_if<events::PromptState>(&*read);
  desk_.with_leases([&](Leases& leases) {
    if (leases.partition_of(state->prompt_id) == record.partition) leases.restore(record.partition, *state);
  });
}

void Loader::use_prompt(const IncomingRecord& record) {
  const auto prompt = events::read_prompt(record);
  if (!prompt) return unusable(record, prompt.error());
  desk_.with_leases([&](Leases& leases) { leases.add(record.partition, *prompt); });
}

void Loader::use_recording(const IncomingRecord& record) {
  const auto read = events::read_recording(record);
  if (!read) unusable(record, read.error());
  const auto* recording = read ? std::get_if<events::Recording>(&*read) : nullptr;
  desk_.with_leases([&](Leases& leases) {
    const bool ours = recording != nullptr && leases.partition_of(recording->prompt_id) == record.partition;
    if (ours) leases.count_read_back(record.partition, *recording, record.offset);
    if (!ours) leases.advance_next_offset(record.partition, record.offset + 1);
  });
}

}  // namespace antiphon::studio
