// What every producer does with a batch: notes its records, makes its bytes, sends it, notes what became of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/types.h"
#include "kafka/wire/batch_builder.h"
#include "kafka/wire/error_code.h"
#include "kafka/wire/produce.h"
#include "sim/broker/client.h"
#include "sim/history/event.h"

namespace antiphon::sim {

// Where a batch goes: topic as the history names it, partition.
using Target = std::pair<std::string, std::int32_t>;

// About to be sent for the first time. `transaction`, `of`: empty for none.
void note_send(World& world, const Client& client, const Target& target, const std::string& value, std::int16_t acks,
               const std::string& transaction, const std::string& of = {});
// Answered, or given up: all values of a batch. `base_offset` -1: not known.
void note_sent(World& world, const Client& client, const Target& target, const std::vector<std::string>& values,
               Outcome outcome, Offset base_offset);

// Each record is a value and behind it `padding` bytes, the same on every attempt.
Bytes batch_of(World& world, const kafka::wire::BatchSettings& settings, const std::vector<std::string>& values,
               std::size_t padding);

// One batch to one partition. The request looks at the name and at the batch.
kafka::wire::ProduceRequest produce_request(const std::string& topic_name, std::int32_t partition, std::int16_t acks,
                                            const Bytes& batch);

// Kafka's clients try these again.
bool passes(kafka::wire::ErrorCode error);

// Any partition of any topic that is nobody's own and not about to be deleted; nothing: there is none.
std::optional<Target> any_target(World& world);
Target any_partition(World& world, const Topic& topic);

}  // namespace antiphon::sim
