// antiphon recording ID: one voice out of the recordings topic, upon request.
#pragma once

#include <chrono>
#include <functional>

#include "adapters/bus/consumer.h"
#include "core/result.h"
#include "core/types.h"
#include "events/topics.h"

namespace antiphon::tools {

struct FoundRecording {
  Bytes audio;
  RecordHeaders headers;
  bus::TopicPartition partition;
  Offset offset;
};

struct RecordingSearch {
  std::chrono::milliseconds timeout{30'000};      // without an answer from the brokers
  std::function<void(std::int64_t)> on_progress;  // records looked at so far; called now and then
};

// Looks where the id's own time says first (a UUIDv7 begins with the milliseconds of its making, by the phone's clock),
// then everywhere else. The last record of the id counts: kNotFound when there is none, or when it was erased (the
// message says which).
Result<FoundRecording> find_recording(const bus::Connection& connection, const events::Topics& topics,
                                      const RecordingId& id, const RecordingSearch& search);

// The milliseconds a UUIDv7 begins with.
std::int64_t unix_ms_of(const RecordingId& id);

}  // namespace antiphon::tools
