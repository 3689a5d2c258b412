// The start (promise 2): what the predecessor left, to an end that is fixed after a write of our own was acknowledged.
//
//   marker to every partition of prompt-state, acknowledged --> ends of prompts, prompt-state, recordings --> states
//   --> prompts --> recordings from where the states end. A send of the dead process that lands behind these ends is a
//   repeat with the same bytes.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "adapters/bus/consumer.h"
#include "adapters/bus/producer.h"
#include "core/random.h"
#include "core/stop.h"
#include "events/topics.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

struct LoadSettings {
  events::Topics topics;
  std::int32_t partitions = 6;
  std::string client_id;
  std::chrono::milliseconds kafka_time_max{30'000};
};

using MakeReader = std::function<Result<std::unique_ptr<bus::PartitionReader>>()>;

// Every partition must be owned by the desk's leases. Gives the offsets at which prompts go on. kCancelled: asked to
// stop. Each step has a reader of its own: one that is given other partitions first waits for the fetch that is under
// way.
Result<std::map<PartitionId, Offset>> load(const LoadSettings& settings, bus::Producer& producer,
                                           const MakeReader& make_reader, Desk& desk, const Clock& clock,
                                           Random& random, StudioMetrics& metrics, const StopToken& stop);

}  // namespace antiphon::studio
