#include "sim/broker/offsets.h"

#include "kafka/wire/offset_fetch.h"
#include "sim/broker/world.h"

namespace antiphon::sim {

namespace wire = kafka::wire;
using wire::ErrorCode;

Event offsets_event(What what, const std::string& process, const std::string& group, const std::string& topic,
                    std::int32_t partition, Offset offset) {
  Event event;
  event.what = what;
  event.process = process;
  event.group = group;
  event.topic = topic;
  event.partition = PartitionId(partition);
  event.offset = offset;
  return event;
}

void ask_offset(World& world, Client& client, const std::string& group, const Topic& topic, std::int32_t partition,
                bool stable, std::function<void(ErrorCode, Offset)> on_answer) {
  world.note(offsets_event(What::kAsk, client.name(), group, topic.in_history, partition, Offset(-1)));
  wire::OffsetFetchRequest request;
  request.group_id = group;
  request.require_stable = stable;
  request.topics.emplace();
  request.topics->push_back({topic.name, {PartitionId(partition)}});
  world.call<wire::OffsetFetchResponse>(
      client, 7, request,
      [&world, &client, group, name = topic.in_history, partition,
       on_answer = std::move(on_answer)](const wire::OffsetFetchResponse& answer) {
        if (answer.error_code != ErrorCode::kNone) return on_answer(answer.error_code, Offset(-1));
        const auto& found = answer.topics.at(0).partitions.at(0);
        if (found.error_code == ErrorCode::kNone) {
          world.note(offsets_event(What::kStored, client.name(), group, name, partition, found.committed_offset));
        }
        on_answer(found.error_code, found.committed_offset);
      });
}

}  // namespace antiphon::sim
