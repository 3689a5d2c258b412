#include "stages/studio/loader.h"

#include <algorithm>

#include "core/logging.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "events/prompt_state.h"

namespace antiphon::studio {
namespace {

constexpr std::chrono::milliseconds kWarmTimeMax{2'000};  // partitions may be gained meanwhile

std::set<PartitionId> partitions_in(const std::map<PartitionId, std::string>& notes) {
  std::set<PartitionId> partitions;
  for (const auto& [partition, note] : notes) partitions.insert(partition);
  return partitions;
}

}  // namespace

Loader::Loader(LoadSettings settings, StateLog& log, MakeReader make_reader, Desk& desk, const Clock& clock,
               Random& random, StudioMetrics& metrics)
    : settings_(std::move(settings)),
      log_(log),
      make_reader_(std::move(make_reader)),
      desk_(desk),
      clock_(clock),
      random_(random),
      metrics_(metrics) {}

Result<std::map<PartitionId, Offset>> Loader::load(const std::map<PartitionId, std::string>& notes,
                                                   const std::function<bool()>& cancelled) {
  records_ = unusable_ = 0;
  const std::size_t copied = copied_of(notes);
  marker_ = make_uuid_v4(random_);
  unmarked_ = partitions_in(notes);
  const std::set<PartitionId> partitions = unmarked_;
  ANTIPHON_TRY_VOID(
      log_.take_over(notes, events::StartMarker{settings_.client_id, marker_, std::nullopt, clock_.wall_now()}));
  ANTIPHON_TRY(reader, make_reader_(false));
  ANTIPHON_TRY(recordings, ranges_of(*reader, settings_.topics.recordings(), partitions, settings_.kafka_time_max));
  ANTIPHON_TRY(tables, tables_of(*reader, partitions, settings_.kafka_time_max));
  ANTIPHON_TRY_VOID(read_tables(*reader, tables, cancelled, settings_.kafka_time_max));
  // A leader that is cut off from the others tells an end that is none.
  if (!unmarked_.empty())
    return make_error(ErrorKind::kUnavailable, "a broker does not know what was just written to prompt-state");
  std::map<PartitionId, Offset> next;
  for (const PartitionId partition : partitions) {
    next[partition] = progress_.at(partition).next.at(settings_.topics.prompts());
    progress_.erase(partition);  // takes counted from here on are in no table: should this fail, all is read anew
  }
  ANTIPHON_TRY_VOID(read_recordings(std::move(recordings), cancelled));
  logging::info("the state is read",
                {{"partitions", notes.size()}, {"copied", copied}, {"records", records_}, {"unusable", unusable_}});
  return next;
}

std::size_t Loader::copied_of(const std::map<PartitionId, std::string>& notes) const {
  return desk_.with_leases([&](Leases& leases) {
    return static_cast<std::size_t>(std::count_if(notes.begin(), notes.end(), [&](const auto& note) {
      const auto known = progress_.find(note.first);
      return known != progress_.end() && known->second.ownership == leases.ownership(note.first);
    }));
  });
}

Result<bool> Loader::keep_warm(const std::set<PartitionId>& partitions, const std::function<bool()>& cancelled) {
  desk_.with_leases([&](Leases& leases) {
    for (const PartitionId partition : partitions) leases.own(partition);
  });
  if (!partitions.empty()) {
    ANTIPHON_TRY(reader, make_reader_(true));
    ANTIPHON_TRY(tables, tables_of(*reader, partitions, kWarmTimeMax));
    const auto done = tables.empty() ? Result<>() : read_tables(*reader, tables, cancelled, kWarmTimeMax);
    if (!done && done.error().kind == ErrorKind::kCancelled) return false;
    if (!done) return done.error();
  }
  metrics_.set_copied_partitions(partitions.size());
  return true;
}

Result<Loader::Ranges> Loader::tables_of(bus::PartitionReader& reader, const std::set<PartitionId>& partitions,
                                         std::chrono::milliseconds time_max) {
  ANTIPHON_TRY(tables, ranges_of(reader, settings_.topics.prompt_state(), partitions, time_max));
  ANTIPHON_TRY(prompts, ranges_of(reader, settings_.topics.prompts(), partitions, time_max));
  for (const PartitionId partition : partitions) {
    const bus::TopicPartition prompt{settings_.topics.prompts(), partition};
    const bus::TopicPartition state{settings_.topics.prompt_state(), partition};
    const Progress& progress =
        progress_of(partition, {{prompt.topic, prompts.at(prompt)}, {state.topic, tables.at(state)}});
    prompts.at(prompt).start = progress.next.at(prompt.topic);
    tables.at(state).start = progress.next.at(state.topic);
  }
  tables.merge(prompts);
  std::erase_if(tables, [](const auto& entry) { return entry.second.start >= entry.second.end; });
  return tables;
}

// Begun anew where the partition was given up since, or a topic is shorter than what was read of it.
Loader::Progress& Loader::progress_of(PartitionId partition, const std::map<std::string, bus::OffsetRange>& topics) {
  const auto ownership = desk_.with_leases([&](Leases& leases) { return leases.ownership(partition); });
  const auto known = progress_.find(partition);
  const bool usable = known != progress_.end() && known->second.ownership == ownership &&
                      std::all_of(topics.begin(), topics.end(), [&](const auto& topic) {
                        return known->second.next.at(topic.first) <= topic.second.end;
                      });
  if (usable) return known->second;
  Progress anew;
  anew.ownership = desk_.with_leases([&](Leases& leases) {
    leases.disown(partition);
    leases.own(partition);
    return *leases.ownership(partition);
  });
  for (const auto& [topic, range] : topics) anew.next[topic] = range.start;
  return progress_[partition] = std::move(anew);
}

Result<> Loader::read_tables(bus::PartitionReader& reader, const Ranges& tables, const std::function<bool()>& cancelled,
                             std::chrono::milliseconds time_max) {
  const std::string state_topic = settings_.topics.prompt_state();
  const auto use = [&](const IncomingRecord& record) {
    if (record.topic == state_topic) {
      use_state(record);
    } else {
      use_prompt(record);
    }
    progress_.at(record.partition).next.at(std::string(record.topic)) = record.offset + 1;
  };
  ANTIPHON_TRY_VOID(read(reader, tables, cancelled, use, time_max));
  for (const auto& [partition, range] : tables) progress_.at(partition.partition).next.at(partition.topic) = range.end;
  return {};
}

Result<> Loader::read_back(PartitionId partition, Gap gap, const std::function<bool()>& cancelled) {
  Ranges range{{{settings_.topics.recordings(), partition}, {gap.start, gap.end}}};
  ANTIPHON_TRY(reader, make_reader_(false));
  ANTIPHON_TRY_VOID(read(
      *reader, range, cancelled, [this](const IncomingRecord& record) { use_recording(record); },
      settings_.kafka_time_max));
  desk_.with_leases([&](Leases& leases) { leases.advance_next_offset(partition, gap.end); });
  return {};
}

Result<> Loader::read_recordings(Ranges ranges, const std::function<bool()>& cancelled) {
  bool any = false;
  for (auto& [partition, range] : ranges) {
    const Offset counted = desk_.with_leases([&](Leases& leases) { return leases.next_offset(partition.partition); });
    range.start = std::max(range.start, counted);
    any = any || range.start < range.end;
  }
  if (any) {
    ANTIPHON_TRY(reader, make_reader_(false));
    ANTIPHON_TRY_VOID(read(
        *reader, ranges, cancelled, [this](const IncomingRecord& record) { use_recording(record); },
        settings_.kafka_time_max));
  }
  desk_.with_leases([&](Leases& leases) {
    for (const auto& [partition, range] : ranges) leases.advance_next_offset(partition.partition, range.end);
  });
  return {};
}

Result<Loader::Ranges> Loader::ranges_of(bus::PartitionReader& reader, const std::string& topic,
                                         const std::set<PartitionId>& partitions, std::chrono::milliseconds time_max) {
  Ranges ranges;
  for (const PartitionId id : partitions) {
    const bus::TopicPartition partition{topic, id};
    ANTIPHON_TRY(range, reader.offsets(partition, time_max));
    ranges[partition] = range;
  }
  return ranges;
}

Result<> Loader::read(bus::PartitionReader& reader, const Ranges& ranges, const std::function<bool()>& cancelled,
                      const std::function<void(const IncomingRecord&)>& use, std::chrono::milliseconds time_max) {
  return bus::read_all(reader, ranges, time_max, [&](const IncomingRecord& record) -> Result<> {
    if (cancelled()) return make_error(ErrorKind::kCancelled, "the state is not needed any more");
    use(record);
    ++records_;
    return {};
  });
}

void Loader::unusable(const IncomingRecord& record, const events::Refusal& refusal) {
  ++unusable_;
  metrics_.count_unusable(std::string(record.topic));
  logging::warn(
      "a record cannot be used",
      {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}, {"reason", refusal.label}});
}

void Loader::use_state(const IncomingRecord& record) {
  if (!record.value) return;  // a tombstone: nothing is known of that sentence
  const auto read = events::read_prompt_state(record);
  if (!read) return unusable(record, read.error());
  if (const auto* marker = std::get_if<events::StartMarker>(&*read)) {
    if (marker->run == marker_) unmarked_.erase(record.partition);
    return;
  }
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
