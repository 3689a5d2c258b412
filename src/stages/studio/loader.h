// Loading partitions (promise 2): what their former owner left, to an end that is fixed after a write of our own was
// acknowledged.
//
//   marker to each partition of prompt-state, committed --> ends of prompts, prompt-state, recordings --> states
//   --> prompts --> recordings from where the states end. A send of a dead process that lands behind these ends is a
//   repeat with the same bytes; one of an owner that does not know yet that it is none is read back later
//   (Leases::gaps()).
//
// A leader that is cut off from the others, and does not know it, tells an end that is too low. Of prompt-state the
// marker must be read back below the end. Where prompts and recordings end is asked by way of several brokers
// (true_ends.h), and no state may have counted more. Otherwise: kUnavailable, and asked again later.
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
#include <vector>

#include "adapters/bus/consumer.h"
#include "adapters/bus/true_ends.h"
#include "core/random.h"
#include "events/start_marker.h"
#include "events/topics.h"
#include "stages/studio/desk.h"
#include "stages/studio/studio_metrics.h"

namespace antiphon::studio {

// A marker that was just written is no further from the end.
constexpr std::int64_t kMarkerFromEndMax = 100;

struct LoadSettings {
  events::Topics topics;
  std::string client_id;
  std::chrono::milliseconds kafka_time_max{30'000};
};

// What it works with: StateLog's and bus's functions of these names.
struct LoaderParts {
  std::function<Result<>(const std::map<PartitionId, std::string>& notes, const events::StartMarker& marker,
                         const std::function<bool()>& cancelled)>
      take_over;
  std::function<Result<std::unique_ptr<bus::PartitionReader>>(const bus::ReaderSettings& settings)> make_reader;
  std::function<Result<bus::Ends>(const std::set<bus::TopicPartition>& partitions,
                                  const std::function<bool()>& cancelled)>
      true_ends;
};

// One thread calls everything. `cancelled` is asked between questions to Kafka and while records are awaited. A
// question takes two seconds at most while brokers are away, who holds a partition (true_ends.h) up to eight; the
// writing of the markers is not ended by it.
class Loader {
 public:
  // Everything given must outlive it. Each step has a reader of its own: one that is given other partitions first waits
  // for the fetch that is under way.
  Loader(LoadSettings settings, LoaderParts parts, Desk& desk, const Clock& clock, Random& random,
         StudioMetrics& metrics);

  // `notes`: the partitions, which the desk's leases must own, with what their former owners left (claim.h). Gives the
  // offsets at which prompts go on. kCancelled once `cancelled` says so.
  Result<std::map<PartitionId, Offset>> load(const std::map<PartitionId, std::string>& notes,
                                             const std::function<bool()>& cancelled);
  // Goes on copying what partitions of others hold (Leases::elsewhere()), up to the ends as they are now. False:
  // cancelled on the way. kUnavailable, the copies kept: also where less is told than was read already.
  Result<bool> keep_warm(const std::set<PartitionId>& partitions, const std::function<bool()>& cancelled);
  // Counts what stands there and came from elsewhere.
  Result<> read_back(PartitionId partition, Gap gap, const std::function<bool()>& cancelled);

 private:
  using Ranges = std::map<bus::TopicPartition, bus::OffsetRange>;
  // States and prompts of a partition are read so far, in this ownership of it.
  struct Progress {
    std::uint64_t ownership = 0;
    Offset states{0};
    Offset prompts{0};
  };
  // What one load or one look at the others' partitions waits with.
  struct Patience {
    const std::function<bool()>& cancelled;
    std::chrono::milliseconds time_max;  // for one answer, and without progress while reading
  };
  static Result<bus::OffsetRange> ask(bus::PartitionReader& reader, const bus::TopicPartition& partition,
                                      const Patience& patience);
  static Result<Ranges> ranges_of(bus::PartitionReader& reader, const std::string& topic,
                                  const std::set<PartitionId>& partitions, const Patience& patience);
  // To ends that no leader which is cut off has told.
  Result<> raise_ends(const std::vector<Ranges*>& of_topics, const Patience& patience);
  std::size_t copied_of(const std::map<PartitionId, std::string>& notes) const;
  Result<> copy(const std::set<PartitionId>& partitions, const Patience& patience);
  // Of which more is read than Kafka tells that there is.
  std::set<PartitionId> shorter_than_read(const Ranges& states, const Ranges& prompts) const;
  Result<> forget_if_so(const std::set<PartitionId>& shorter, bus::PartitionReader& reader, const Ranges& states,
                        const Patience& patience);
  const Progress* progress_of(PartitionId partition) const;
  Progress& begin_anew(PartitionId partition, Offset states, Offset prompts);
  // Both in one, what has been read of them left out.
  Ranges unread(const Ranges& states, const Ranges& prompts);
  Result<> read_tables(bus::PartitionReader& reader, const Ranges& tables, const Patience& patience);
  Result<> read(bus::PartitionReader& reader, const Ranges& ranges, const Patience& patience,
                const std::function<void(const IncomingRecord&)>& use);
  Result<> read_recordings(Ranges ranges, const std::function<bool()>& cancelled);
  void unusable(const IncomingRecord& record, const events::Refusal& refusal);
  void note_marker(const events::StartMarker& marker, PartitionId partition);
  void use_state(const IncomingRecord& record);
  void use_prompt(const IncomingRecord& record);
  void use_recording(const IncomingRecord& record);

  const LoadSettings settings_;
  const LoaderParts parts_;
  Desk& desk_;
  const Clock& clock_;
  Random& random_;
  StudioMetrics& metrics_;
  std::map<PartitionId, Progress> progress_;
  std::unique_ptr<bus::PartitionReader> asker_;  // for keep_warm(), which asks every two seconds
  std::string marker_;                           // of the load that is under way
  std::set<PartitionId> unmarked_;               // it was not read yet
  std::size_t records_ = 0;
  std::size_t unusable_ = 0;
};

}  // namespace antiphon::studio
