#include "sim/broker/sending.h"

#include "sim/broker/world.h"

namespace antiphon::sim {

using kafka::wire::ErrorCode;

void note_send(World& world, const Client& client, const Target& target, const std::string& value, std::int16_t acks,
               const std::string& transaction, const std::string& of) {
  Event event;
  event.what = What::kSend;
  event.process = client.name();
  event.topic = target.first;
  event.partition = PartitionId(target.second);
  event.value = value;
  event.acks = acks;
  event.transaction = transaction;
  event.of = of;
  world.note(std::move(event));
}

void note_sent(World& world, const Client& client, const Target& target, const std::vector<std::string>& values,
               Outcome outcome, Offset base_offset) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Event event;
    event.what = What::kSent;
    event.process = client.name();
    event.topic = target.first;
    event.partition = PartitionId(target.second);
    event.value = values[i];
    event.outcome = outcome;
    if (base_offset.value() >= 0) event.offset = base_offset + static_cast<std::int64_t>(i);
    world.note(std::move(event));
  }
}

Bytes batch_of(World& world, const kafka::wire::BatchSettings& settings, const std::vector<std::string>& values,
               std::size_t padding) {
  kafka::wire::BatchBuilder builder(settings);
  const auto now = to_unix_ms(world.driver.clock.wall_now());
  for (const std::string& value : values)
    builder.add(now, std::nullopt, as_bytes(value + ' ' + std::string(padding, '.')));
  return *builder.finish();
}

kafka::wire::ProduceRequest produce_request(const std::string& topic_name, std::int32_t partition, std::int16_t acks,
                                            const Bytes& batch) {
  kafka::wire::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 30'000;
  request.topic_data.push_back({topic_name, {{PartitionId(partition), kafka::wire::Records::in_memory(batch)}}});
  return request;
}

bool passes(ErrorCode error) {
  return error == ErrorCode::kKafkaStorageError || error == ErrorCode::kRequestTimedOut ||
         error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kUnknownTopicOrPartition;
}

std::optional<Target> any_target(World& world) {
  std::vector<const Topic*> usable;
  for (const Topic& topic : world.topics) {
    if (topic.usable && !topic.of_pipeline) usable.push_back(&topic);
  }
  if (usable.empty()) return std::nullopt;
  return any_partition(world, *usable[world.below(usable.size())]);
}

Target any_partition(World& world, const Topic& topic) {
  return {topic.in_history, static_cast<std::int32_t>(world.below(static_cast<std::uint64_t>(topic.partitions)))};
}

}  // namespace antiphon::sim
