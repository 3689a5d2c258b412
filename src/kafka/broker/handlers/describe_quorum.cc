// DescribeQuorum, versions 0 to 2. KIPs: 595, 836 (when a replica last fetched, from 1), 853 (directories and addresses
// of controllers, from 2). A quorum of one: this broker leads it and is its only voter, as one Kafka that is its own
// controller. There is no metadata log here: its offsets are 0. Other topics: UNKNOWN_TOPIC_OR_PARTITION.
#include "kafka/wire/describe_quorum.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::DescribeQuorumResponse;
constexpr std::string_view kMetadataTopic = "__cluster_metadata";

DescribeQuorumResponse::Partition describe_quorum(BrokerContext& context, std::string_view topic, PartitionId index) {
  DescribeQuorumResponse::Partition out;
  out.partition_index = index;
  if (topic != kMetadataTopic || index != PartitionId(0)) {
    out.error_code = wire::ErrorCode::kUnknownTopicOrPartition;
    out.leader_id = -1;
    return out;
  }
  out.leader_id = context.node_id();
  auto& voter = out.current_voters.emplace_back();
  voter.replica_id = context.node_id();
  voter.last_caught_up_timestamp = to_unix_ms(context.clock.wall_now());
  return out;
}

}  // namespace

void handle_describe_quorum(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeQuorumRequest>(context, request);
  if (!message) return;
  DescribeQuorumResponse response;
  for (const auto& topic : message->topics) {
    auto& out = response.topics.emplace_back();
    out.topic_name = topic.topic_name;
    for (const auto& asked : topic.partitions)
      out.partitions.push_back(describe_quorum(context, topic.topic_name, asked.partition_index));
  }
  auto& node = response.nodes.emplace_back();
  node.node_id = context.node_id();
  node.listeners.push_back({"PLAINTEXT", context.advertised.host, context.advertised.port});
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
