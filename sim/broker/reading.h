// What every reader does with a Fetch: ask for one partition, take the records out, note what came.
#pragma once

#include <functional>
#include <string>

#include "core/types.h"
#include "kafka/wire/fetch.h"
#include "sim/broker/client.h"
#include "sim/history/event.h"

namespace antiphon::sim {

// As the wire has it.
enum class Isolation : std::int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

// Asks for `topic_name`; the answer is one partition's.
void fetch(World& world, Client& client, const std::string& topic_name, std::int32_t partition, Offset from,
           std::int32_t bytes_max, Isolation isolation,
           std::function<void(const kafka::wire::FetchResponse::Partition&)> on_answer);

// The records at and behind `from`, as an event kPolled that says where the reader goes on; read_committed passes over
// what the answer's list of aborted transactions names, as Kafka's consumers do. Noted as wrong: bytes that are no
// whole batches with a good CRC, and batches that do not lie below the last stable offset of the same answer.
Event polled(World& world, const std::string& process, const std::string& topic, std::int32_t partition, Offset from,
             const kafka::wire::FetchResponse::Partition& answer, Isolation isolation);

// The first offset there is, or the end (timestamp -2, -1); of read_committed the last stable offset.
void list_offset(World& world, Client& client, const std::string& topic_name, std::int32_t partition,
                 std::int64_t timestamp, Isolation isolation,
                 std::function<void(kafka::wire::ErrorCode, Offset)> on_answer);

Event position_event(const std::string& process, const std::string& topic, std::int32_t partition, Offset offset,
                     std::string reason);

}  // namespace antiphon::sim
