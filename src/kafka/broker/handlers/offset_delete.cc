// OffsetDelete, version 0. KIPs: 496. Of a group without members, or of topics that none of its consumers subscribes
// to: GROUP_SUBSCRIBED_TO_TOPIC for the others, and NON_EMPTY_GROUP for groups of another kind. Answered when the
// deletion is on stable storage.
#include "kafka/wire/offset_delete.h"

#include <algorithm>

#include "kafka/broker/group/subscription.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

struct DeletedOffset {
  std::string topic;
  PartitionId partition;
  wire::ErrorCode error = wire::ErrorCode::kNone;

  DeletedOffset(std::string name, PartitionId index) : topic(std::move(name)), partition(index) {}
};

// Whether a member of this group may be reading the topic: while a rebalance is under way nobody knows.
bool consumes(const DescribedGroup& group, std::string_view topic) {
  if (group.members.empty() || group.protocol_type != kConsumerProtocolType) return false;
  if (group.state != GroupState::kStable) return true;
  return std::ranges::any_of(group.members, [&](const DescribedMember& member) {
    const auto topics = subscribed_topics(member.metadata);
    return !topics || std::ranges::find(*topics, topic) != topics->end();
  });
}

}  // namespace

void handle_offset_delete(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::OffsetDeleteRequest>(context, request);
  if (!message) return;
  const auto group = context.groups.describe(message->group_id);
  std::vector<DeletedOffset> offsets;
  std::vector<std::pair<std::string, PartitionId>> which;
  for (const auto& topic : message->topics) {
    for (const auto& partition : topic.partitions) {
      auto& offset = offsets.emplace_back(std::string(topic.name), partition.partition_index);
      if (context.log.partition(topic.name, offset.partition) == nullptr) {
        offset.error = wire::ErrorCode::kUnknownTopicOrPartition;
      } else if (consumes(group, topic.name)) {
        offset.error = wire::ErrorCode::kGroupSubscribedToTopic;
      } else {
        which.emplace_back(offset.topic, offset.partition);
      }
    }
  }
  context.groups.delete_offsets(
      std::string(message->group_id), which,
      [&context, to = ReplyStub::of(request), offsets = std::move(offsets)](wire::ErrorCode error) {
        wire::OffsetDeleteResponse response;
        response.error_code = error;
        for (const auto& offset : offsets) {
          if (error != wire::ErrorCode::kNone) break;
          if (response.topics.empty() || response.topics.back().name != offset.topic)
            response.topics.emplace_back().name = offset.topic;
          response.topics.back().partitions.push_back({offset.partition, offset.error});
        }
        context.respond(to, response);
      });
}

}  // namespace antiphon::kafka::broker
