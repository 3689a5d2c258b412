// What the predecessor left, read to an end that is fixed after a write of ours was acknowledged.
//
// A leader that is cut off from the others tells ends that are too low: of corpus-state the marker must be read back;
// of prompts the ends are asked by way of several brokers (true_ends.h), and no corpus may have published more. Of
// prompt-state too little does no harm: it is followed from there, and what it tells counts open sentences alone.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "adapters/bus/consumer.h"
#include "adapters/bus/producer.h"
#include "core/result.h"
#include "core/stop.h"
#include "events/corpus_state.h"
#include "events/topics.h"
#include "stages/select/planner.h"

namespace antiphon::select {

constexpr std::chrono::milliseconds kRecoveryTimeout{30'000};  // for one answer, and without progress while reading

struct Recovered {
  std::map<bus::TopicPartition, Offset> prompt_state_ends;  // where to go on reading
  std::uint64_t unreadable = 0;                             // records that the contract does not know
};

// Applies one record of prompt-state; false: the contract does not know it.
bool apply_prompt_state(const IncomingRecord& record, Planner& planner);

// Writes `start`, fixes the ends of the three topics, reads them and tells the planner. kUnavailable: try again with a
// new planner. kCancelled once `stop` is requested.
Result<Recovered> recover(bus::Producer& producer, const bus::Connection& connection, const events::Topics& topics,
                          int partitions, const events::StartMarker& start, const StopToken& stop, Planner& planner);

}  // namespace antiphon::select
