#include "stages/studio/loader.h"

#include "core/logging.h"
#include "core/uuid.h"
#include "events/codec.h"
#include "events/prompt_state.h"

namespace antiphon::studio {
namespace {

using Ranges = std::map<bus::TopicPartition, bus::OffsetRange>;

class Loading {
 public:
  Loading(const LoadSettings& settings, const MakeReader& make_reader, Desk& desk, StudioMetrics& metrics,
          const StopToken& stop)
      : settings_(settings), make_reader_(make_reader), desk_(desk), metrics_(metrics), stop_(stop) {}

  Result<std::map<PartitionId, Offset>> run() {
    ANTIPHON_TRY(reader, make_reader_());
    ANTIPHON_TRY(prompts, ranges_of(*reader, settings_.topics.prompts()));
    ANTIPHON_TRY(recordings, ranges_of(*reader, settings_.topics.recordings()));
    ANTIPHON_TRY(tables, ranges_of(*reader, settings_.topics.prompt_state()));
    tables.insert(prompts.begin(), prompts.end());
    const std::string state_topic = settings_.topics.prompt_state();
    ANTIPHON_TRY_VOID(read(*reader, tables, [&](const IncomingRecord& record) {
      if (record.topic == state_topic) {
        use_state(record);
      } else {
        use_prompt(record);
      }
    }));
    ANTIPHON_TRY_VOID(read_recordings(std::move(recordings)));
    std::map<PartitionId, Offset> next;
    for (const auto& [partition, range] : prompts) next[partition.partition] = range.end;
    logging::info("the state is read", {{"records", records_}, {"unusable", unusable_}});
    return next;
  }

 private:
  Result<> read_recordings(Ranges ranges) {
    bool any = false;
    for (auto& [partition, range] : ranges) {
      const Offset counted = desk_.with_leases([&](Leases& leases) { return leases.next_offset(partition.partition); });
      range.start = std::max(range.start, counted);
      any = any || range.start < range.end;
    }
    if (!any) return {};
    ANTIPHON_TRY(reader, make_reader_());
    return read(*reader, ranges, [this](const IncomingRecord& record) { use_recording(record); });
  }

  Result<Ranges> ranges_of(bus::PartitionReader& reader, const std::string& topic) {
    Ranges ranges;
    for (std::int32_t p = 0; p < settings_.partitions; ++p) {
      const bus::TopicPartition partition{topic, PartitionId(p)};
      ANTIPHON_TRY(range, reader.offsets(partition, settings_.kafka_time_max));
      ranges[partition] = range;
    }
    return ranges;
  }

  Result<> read(bus::PartitionReader& reader, const Ranges& ranges,
                const std::function<void(const IncomingRecord&)>& use) {
    return bus::read_all(reader, ranges, settings_.kafka_time_max, [&](const IncomingRecord& record) -> Result<> {
      if (stop_.stop_requested()) return make_error(ErrorKind::kCancelled, "asked to stop while reading the state");
      use(record);
      ++records_;
      return {};
    });
  }

  void unusable(const IncomingRecord& record, const events::Refusal& refusal) {
    ++unusable_;
    metrics_.count_unusable(std::string(record.topic));
    logging::warn("a record cannot be used", {{"topic", record.topic},
                                              {"partition", record.partition},
                                              {"offset", record.offset},
                                              {"reason", refusal.label}});
  }

  void use_state(const IncomingRecord& record) {
    if (!record.value) return;  // a tombstone: nothing is known of that sentence
    const auto read = events::read_prompt_state(record);
    if (!read) return unusable(record, read.error());
    const auto* state = std::get_if<events::PromptState>(&*read);
    if (state == nullptr) return;  // a start marker
    desk_.with_leases([&](Leases& leases) {
      if (leases.partition_of(state->prompt_id) == record.partition) leases.restore(record.partition, *state);
    });
  }

  void use_prompt(const IncomingRecord& record) {
    const auto prompt = events::read_prompt(record);
    if (!prompt) return unusable(record, prompt.error());
    desk_.with_leases([&](Leases& leases) { leases.add(record.partition, *prompt); });
  }

  void use_recording(const IncomingRecord& record) {
    const auto read = events::read_recording(record);
    if (!read) unusable(record, read.error());
    const auto* recording = read ? std::get_if<events::Recording>(&*read) : nullptr;
    desk_.with_leases([&](Leases& leases) {
      const bool ours = recording != nullptr && leases.partition_of(recording->prompt_id) == record.partition;
      if (ours) leases.count_read_back(record.partition, *recording, record.offset);
      if (!ours) leases.advance_next_offset(record.partition, record.offset + 1);
    });
  }

  const LoadSettings& settings_;
  const MakeReader& make_reader_;
  Desk& desk_;
  StudioMetrics& metrics_;
  const StopToken& stop_;
  std::size_t records_ = 0;
  std::size_t unusable_ = 0;
};

Result<> write_markers(const LoadSettings& settings, bus::Producer& producer, const Clock& clock, Random& random) {
  const events::StartMarker marker{settings.client_id, make_uuid_v4(random), std::nullopt, clock.wall_now()};
  for (std::int32_t p = 0; p < settings.partitions; ++p) {
    auto record = events::build_start_marker(settings.topics, marker, PartitionId(p));
    ANTIPHON_TRY(delivered, producer.send_and_wait(std::move(record), settings.kafka_time_max));
    static_cast<void>(delivered);
  }
  return {};
}

}  // namespace

Result<std::map<PartitionId, Offset>> load(const LoadSettings& settings, bus::Producer& producer,
                                           const MakeReader& make_reader, Desk& desk, const Clock& clock,
                                           Random& random, StudioMetrics& metrics, const StopToken& stop) {
  ANTIPHON_TRY_VOID(write_markers(settings, producer, clock, random));
  return Loading(settings, make_reader, desk, metrics, stop).run();
}

}  // namespace antiphon::studio
