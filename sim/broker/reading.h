// What every reader does with a Fetch: ask for one partition, take the records out, note what came.
#pragma once

#include <functional>
#include <string>

#include "core/types.h"
#include "kafka/wire/fetch.h"
#include "sim/broker/client.h"
#include "sim/history/event.h"

namespace antiphon::sim {

// Asks for `topic_name`; the answer is one partition's.
void fetch(World& world, Client& client, const std::string& topic_name, std::int32_t partition, Offset from,
           std::int32_t bytes_max, std::function<void(const kafka::wire::FetchResponse::Partition&)> on_answer);

// The records at and behind `from`, as an event kPolled that says where the reader goes on. Bytes that are no whole
// batches with a good CRC are noted as wrong.
Event polled(World& world, const std::string& process, const std::string& topic, std::int32_t partition, Offset from,
             ByteView batches);

// The first offset there is, or the end (timestamp -2, -1).
void list_offset(World& world, Client& client, const std::string& topic_name, std::int32_t partition,
                 std::int64_t timestamp, std::function<void(kafka::wire::ErrorCode, Offset)> on_answer);

Event position_event(const std::string& process, const std::string& topic, std::int32_t partition, Offset offset,
                     std::string reason);

}  // namespace antiphon::sim
