// What every client does with a group's committed offsets: notes them, asks for one.
#pragma once

#include <functional>
#include <string>

#include "core/types.h"
#include "kafka/wire/error_code.h"
#include "sim/broker/client.h"
#include "sim/history/event.h"

namespace antiphon::sim {

// kCommit, kCommitted, kAsk or kStored; the topic as the history names it.
Event offsets_event(What what, const std::string& process, const std::string& group, const std::string& topic,
                    std::int32_t partition, Offset offset);

// Notes that it asks, and the answer unless that is an error. `stable`: an offset that an open transaction may change
// is answered UNSTABLE_OFFSET_COMMIT (KIP-447), else with what was committed before.
void ask_offset(World& world, Client& client, const std::string& group, const Topic& topic, std::int32_t partition,
                bool stable, std::function<void(kafka::wire::ErrorCode, Offset)> on_answer);

}  // namespace antiphon::sim
