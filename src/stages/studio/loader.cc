#include "stages/studio/loader.h"

#include "core/logging.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "events/prompt_state.h"

namespace antiphon::studio {

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
  ANTIPHON_TRY_VOID(log_.take_over(
      notes, events::StartMarker{settings_.client_id, make_uuid_v4(random_), std::nullopt, clock_.wall_now()}));
  ANTIPHON_TRY(reader, make_reader_());
  ANTIPHON_TRY(prompts, ranges_of(*reader, settings_.topics.prompts(), notes));
  ANTIPHON_TRY(recordings, ranges_of(*reader, settings_.topics.recordings(), notes));
  ANTIPHON_TRY(tables, ranges_of(*reader, settings_.topics.prompt_state(), notes));
  tables.insert(prompts.begin(), prompts.end());
  const std::string state_topic = settings_.topics.prompt_state();
  ANTIPHON_TRY_VOID(read(*reader, tables, cancelled, [&](const IncomingRecord& record) {
    if (record.topic == state_topic) {
      use_state(record);
    } else {
      use_prompt(record);
    }
  }));
  ANTIPHON_TRY_VOID(read_recordings(std::move(recordings), cancelled));
  std::map<PartitionId, Offset> next;
  for (const auto& [partition, range] : prompts) next[partition.partition] = range.end;
  logging::info("the state is read", {{"partitions", notes.size()}, {"records", records_}, {"unusable", unusable_}});
  return next;
}

Result<> Loader::read_back(PartitionId partition, Gap gap, const std::function<bool()>& cancelled) {
  Ranges range{{{settings_.topics.recordings(), partition}, {gap.start, gap.end}}};
  ANTIPHON_TRY(reader, make_reader_());
  ANTIPHON_TRY_VOID(read(*reader, range, cancelled, [this](const IncomingRecord& record) { use_recording(record); }));
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
    ANTIPHON_TRY(reader, make_reader_());
    ANTIPHON_TRY_VOID(
        read(*reader, ranges, cancelled, [this](const IncomingRecord& record) { use_recording(record); }));
  }
  desk_.with_leases([&](Leases& leases) {
    for (const auto& [partition, range] : ranges) leases.advance_next_offset(partition.partition, range.end);
  });
  return {};
}

Result<Loader::Ranges> Loader::ranges_of(bus::PartitionReader& reader, const std::string& topic,
                                         const std::map<PartitionId, std::string>& partitions) {
  Ranges ranges;
  for (const auto& [id, note] : partitions) {
    const bus::TopicPartition partition{topic, id};
    ANTIPHON_TRY(range, reader.offsets(partition, settings_.kafka_time_max));
    ranges[partition] = range;
  }
  return ranges;
}

Result<> Loader::read(bus::PartitionReader& reader, const Ranges& ranges, const std::function<bool()>& cancelled,
                      const std::function<void(const IncomingRecord&)>& use) {
  return bus::read_all(reader, ranges, settings_.kafka_time_max, [&](const IncomingRecord& record) -> Result<> {
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
  const auto* state = std::get_if<events::PromptState>(&*read);
  if (state == nullptr) return;  // a start marker
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
