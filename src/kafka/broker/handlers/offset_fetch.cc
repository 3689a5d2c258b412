// OffsetFetch, versions 0 to 9.
// KIPs: 88 (no topics: all, from 2), 320 (leader epoch from 5), 447 (require_stable: without transactions everything
// is), 709 (several groups from 8), 848 (member id and epoch of 9 are ignored for classic groups). What was not
// committed: offset -1, no metadata, no error.
#include "kafka/wire/offset_fetch.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

template <class Partition>
Partition fetched(PartitionId index, const CommittedOffset* offset) {
  Partition out;
  out.partition_index = index;
  out.committed_offset = offset != nullptr ? offset->offset : Offset(-1);
  out.committed_leader_epoch = offset != nullptr ? offset->leader_epoch : LeaderEpoch(-1);
  out.metadata = offset != nullptr ? std::string_view(offset->metadata) : std::string_view{};
  return out;
}

template <class TopicOut, class PartitionOut, class Asked>
std::vector<TopicOut> fetch_group(BrokerContext& context, std::string_view group,
                                  const std::optional<std::vector<Asked>>& topics) {
  std::vector<TopicOut> out;
  if (topics) {
    for (const auto& topic : *topics) {
      auto& topic_out = out.emplace_back();
      topic_out.name = topic.name;
      for (const auto index : topic.partition_indexes) {
        topic_out.partitions.push_back(
            fetched<PartitionOut>(index, context.groups.committed(group, std::string(topic.name), index)));
      }
    }
  } else if (const auto* all = context.groups.all_committed(group)) {
    for (const auto& [where, offset] : *all) {  // ordered by topic
      if (out.empty() || out.back().name != where.first) out.emplace_back().name = where.first;
      out.back().partitions.push_back(fetched<PartitionOut>(where.second, &offset));
    }
  }
  return out;
}

}  // namespace

void handle_offset_fetch(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::OffsetFetchRequest>(context, request);
  if (!message) return;
  using Answer = wire::OffsetFetchResponse;
  Answer response;
  if (request.version() < 8) {
    response.topics = fetch_group<Answer::Topic, Answer::Partition>(context, message->group_id, message->topics);
    return context.respond(request, response);
  }
  for (const auto& group : message->groups) {
    auto& out = response.groups.emplace_back();
    out.group_id = group.group_id;
    out.topics = fetch_group<Answer::GroupTopic, Answer::GroupPartition>(context, group.group_id, group.topics);
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
