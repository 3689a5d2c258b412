// OffsetFetch, versions 0 to 9.
// KIPs: 88 (no topics: all, from 2), 320 (leader epoch from 5), 447 (require_stable, from 7: UNSTABLE_OFFSET_COMMIT for
// what a transaction that is not over commits), 709 (several groups from 8), 848 (member id and epoch of 9 are ignored
// for classic groups). What was not committed: offset -1, no metadata, no error.
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

// Of one group's partitions, stable or not as the client asks.
struct GroupOffsets {
  BrokerContext& context;
  std::string_view group;
  bool require_stable = false;

  template <class Partition>
  [[nodiscard]] Partition of(const std::string& topic, PartitionId index, const CommittedOffset* offset) const {
    if (!require_stable || !context.groups.is_unstable(group, topic, index)) return fetched<Partition>(index, offset);
    auto out = fetched<Partition>(index, nullptr);
    out.error_code = wire::ErrorCode::kUnstableOffsetCommit;
    return out;
  }
};

template <class TopicOut, class PartitionOut, class Asked>
std::vector<TopicOut> fetch_group(const GroupOffsets& offsets, const std::optional<std::vector<Asked>>& topics) {
  const GroupCoordinator& groups = offsets.context.groups;
  std::vector<TopicOut> out;
  if (topics) {
    for (const auto& topic : *topics) {
      auto& topic_out = out.emplace_back();
      topic_out.name = topic.name;
      const std::string name(topic.name);
      for (const auto index : topic.partition_indexes) {
        const auto* offset = groups.committed(offsets.group, name, index);
        topic_out.partitions.push_back(offsets.of<PartitionOut>(name, index, offset));
      }
    }
  } else if (const auto* all = groups.all_committed(offsets.group)) {
    for (const auto& [where, offset] : *all) {  // ordered by topic
      if (out.empty() || out.back().name != where.first) out.emplace_back().name = where.first;
      out.back().partitions.push_back(offsets.of<PartitionOut>(where.first, where.second, &offset));
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
    response.error_code = context.offsets_topic.known(message->group_id);
    if (response.error_code != wire::ErrorCode::kNone) return context.respond(request, response);
    response.topics = fetch_group<Answer::Topic, Answer::Partition>(
        {context, message->group_id, message->require_stable}, message->topics);
    return context.respond(request, response);
  }
  for (const auto& group : message->groups) {
    auto& out = response.groups.emplace_back();
    out.group_id = group.group_id;
    out.error_code = context.offsets_topic.known(group.group_id);
    if (out.error_code != wire::ErrorCode::kNone) continue;
    out.topics = fetch_group<Answer::GroupTopic, Answer::GroupPartition>(
        {context, group.group_id, message->require_stable}, group.topics);
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
