// Loading partitions (promise 2): what their former owner left, to an end that is fixed after a write of our own was
// acknowledged.
//
//   marker to each partition of prompt-state, committed --> ends of prompts, prompt-state, recordings --> states
//   --> prompts --> recordings from where the states end. A send of a dead process that lands behind these ends is a
//   repeat with the same bytes; one of an owner that does not know yet that it is none is read back later
//   (Leases::gaps()).
//
// Of a partition that is kept warm, states and prompts are read already, as they stood a moment ago: load() reads what
// came since. (Kafka Streams: a standby.)
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "adapters/bus/consumer.h"
#include "core/random.h"
#include "events/topics.h"
#include "stages/studio/desk.h"
#include "stages/studio/state_log.h"

namespace antiphon::studio {

struct LoadSettings {
  events::Topics topics;
  std::string client_id;
  std::chrono::milliseconds kafka_time_max{30'000};
};

using MakeReader = std::function<Result<std::unique_ptr<bus::PartitionReader>>(bool readable_ends)>;

class Loader {
 public:
  // Everything given must outlive it. Each step has a reader of its own: one that is given other partitions first waits
  // for the fetch that is under way.
  Loader(LoadSettings settings, StateLog& log, MakeReader make_reader, Desk& desk, const Clock& clock, Random& random,
         StudioMetrics& metrics);

  // `notes`: the partitions, which the desk's leases must own, with what their former owners left (claim.h). Gives the
  // offsets at which prompts go on. kCancelled once `cancelled` says so.
  Result<std::map<PartitionId, Offset>> load(const std::map<PartitionId, std::string>& notes,
                                             const std::function<bool()>& cancelled);
  // Goes on copying what partitions of others hold (Leases::elsewhere()), up to the ends as they are now. False:
  // cancelled on the way.
  Result<bool> keep_warm(const std::set<PartitionId>& partitions, const std::function<bool()>& cancelled);
  // Counts what stands there and came from elsewhere.
  Result<> read_back(PartitionId partition, Gap gap, const std::function<bool()>& cancelled);

 private:
  using Ranges = std::map<bus::TopicPartition, bus::OffsetRange>;
  // States and prompts of a partition are read so far, in this ownership of it.
  struct Progress {
    std::uint64_t ownership = 0;
    std::map<std::string, Offset> next{};  // by topic
  };
  static Result<Ranges> ranges_of(bus::PartitionReader& reader, const std::string& topic,
                                  const std::set<PartitionId>& partitions, std::chrono::milliseconds time_max);
  std::size_t copied_of(const std::map<PartitionId, std::string>& notes) const;
  // States and prompts, what has been read of them left out.
  Result<Ranges> tables_of(bus::PartitionReader& reader, const std::set<PartitionId>& partitions,
                           std::chrono::milliseconds time_max);
  Progress& progress_of(PartitionId partition, const std::map<std::string, bus::OffsetRange>& topics);
  Result<> read_tables(bus::PartitionReader& reader, const Ranges& tables, const std::function<bool()>& cancelled,
                       std::chrono::milliseconds time_max);
  Result<> read(bus::PartitionReader& reader, const Ranges& ranges, const std::function<bool()>& cancelled,
                const std::function<void(const IncomingRecord&)>& use, std::chrono::milliseconds time_max);
  Result<> read_recordings(Ranges ranges, const std::function<bool()>& cancelled);
  void unusable(const IncomingRecord& record, const events::Refusal& refusal);
  void use_state(const IncomingRecord& record);
  void use_prompt(const IncomingRecord& record);
  void use_recording(const IncomingRecord& record);

  const LoadSettings settings_;
  StateLog& log_;
  const MakeReader make_reader_;
  Desk& desk_;
  const Clock& clock_;
  Random& random_;
  StudioMetrics& metrics_;
  std::map<PartitionId, Progress> progress_;
  std::string marker_;              // of the load that is under way
  std::set<PartitionId> unmarked_;  // it was not read yet
  std::size_t records_ = 0;
  std::size_t unusable_ = 0;
};

}  // namespace antiphon::studio
