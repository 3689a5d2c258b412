// OffsetCommit, versions 0 to 9.
// KIPs: 211 (retention_time_ms is ignored: offsets never expire), 320 (leader epoch from 6), 345 (instance id from 7),
// 848 (9: the generation field may be a member epoch; there are only classic groups here). Version 0 meant ZooKeeper;
// here it commits like the others. Answered when the commit is on stable storage. A partition that is not there:
// UNKNOWN_TOPIC_OR_PARTITION.
#include "kafka/wire/offset_commit.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

struct CommittedTopic {
  std::string name;
  std::vector<std::pair<PartitionId, wire::ErrorCode>> partitions;
};

void respond_committed(BrokerContext& context, const ReplyStub& to, const std::vector<CommittedTopic>& topics) {
  wire::OffsetCommitResponse response;
  for (const auto& topic : topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& [partition, error] : topic.partitions) out.partitions.push_back({partition, error});
  }
  context.respond(to, response);
}

}  // namespace

void handle_offset_commit(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::OffsetCommitRequest>(context, request);
  if (!message) return;
  CommitRequest commit;
  commit.group_id = message->group_id;
  commit.member_id = message->member_id;
  if (message->group_instance_id) commit.instance_id = std::string(*message->group_instance_id);
  commit.generation = message->generation_id_or_member_epoch;
  std::vector<CommittedTopic> topics;
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of commit.offsets in topics
  for (const auto& topic : message->topics) {
    topics.push_back({std::string(topic.name), {}});
    for (const auto& each : topic.partitions) {
      const bool known = context.log.partition(topic.name, each.partition_index) != nullptr;
      topics.back().partitions.emplace_back(each.partition_index,
                                            known ? wire::ErrorCode::kNone : wire::ErrorCode::kUnknownTopicOrPartition);
      if (!known) continue;
      places.emplace_back(topics.size() - 1, topics.back().partitions.size() - 1);
      commit.offsets.push_back({std::string(topic.name), each.partition_index, each.committed_offset,
                                each.committed_leader_epoch, std::string(each.committed_metadata.value_or(""))});
    }
  }
  if (commit.offsets.empty()) return respond_committed(context, ReplyStub::of(request), topics);
  context.groups.commit(
      commit,
      [&context, to = ReplyStub::of(request), topics = std::move(topics),
       places = std::move(places)](const std::vector<ErrorCode>& codes) mutable {
        for (std::size_t i = 0; i < codes.size(); ++i)
          topics[places[i].first].partitions[places[i].second].second = codes[i];
        respond_committed(context, to, topics);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
