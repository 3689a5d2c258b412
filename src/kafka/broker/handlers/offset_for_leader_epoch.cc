// OffsetForLeaderEpoch, versions 0 to 4. KIPs: 101, 279, 320. An epoch rises when a start had to cut the log.
#include "kafka/wire/offset_for_leader_epoch.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_offset_for_leader_epoch(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::OffsetForLeaderEpochRequest>(context, request);
  if (!message) return;
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : message->topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition = asked.partition;
      const auto* partition = context.log.partition(topic.topic, asked.partition);
      if (partition == nullptr) {
        out.error_code = wire::ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      out.error_code = check_leader_epoch(asked.current_leader_epoch, partition->leader_epoch());
      if (out.error_code != wire::ErrorCode::kNone) continue;
      const auto end = partition->end_of_epoch(asked.leader_epoch);
      out.leader_epoch = end.epoch;
      out.end_offset = std::min(end.end_offset, partition->high_watermark());
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
