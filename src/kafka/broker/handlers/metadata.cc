// Metadata, versions 0 to 12.
// KIPs: 4 (controller id, internal flag), 78 (cluster id), 112, 320 (leader epochs), 430 (authorized operations: all,
// there is no authorizer), 516 (topic ids from 10, by id from 12). One broker: leader, replica and in-sync replica of
// everything. A topic asked for by name is made where allow_auto_topic_creation says so (always below version 4) and
// the broker may, at most kTopicsMadeMax a request; of the others the client hears LEADER_NOT_AVAILABLE, as of one that
// is just being made, and asks again.
#include "kafka/wire/metadata.h"

#include <deque>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
using wire::MetadataResponse;
constexpr std::size_t kTopicsMadeMax = 16;  // each is synced, and everybody else waits for them

MetadataResponse::Topic describe(BrokerContext& context, const log::TopicMeta& meta, bool with_operations) {
  MetadataResponse::Topic out;
  out.name = meta.name;
  out.topic_id = to_wire(meta.id);
  out.is_internal = is_internal_topic(meta.name);
  if (with_operations) out.topic_authorized_operations = kTopicOperations;
  const std::int32_t node = context.node_id();
  for (std::int32_t i = 0; i < meta.partition_count; ++i) {
    MetadataResponse::Partition partition;
    partition.partition_index = PartitionId(i);
    partition.leader_id = node;
    if (const auto* stored = context.log.partition(meta.id, PartitionId(i))) {
      partition.leader_epoch = stored->leader_epoch();
    } else {
      partition.error_code = ErrorCode::kLeaderNotAvailable;  // its files are damaged beyond use
      partition.leader_id = -1;
    }
    partition.replica_nodes = {node};
    partition.isr_nodes = {node};
    out.partitions.push_back(std::move(partition));
  }
  return out;
}

MetadataResponse::Topic missing(std::optional<std::string_view> name, wire::Uuid id, ErrorCode error) {
  MetadataResponse::Topic out;
  out.error_code = error;
  out.name = name;
  out.topic_id = id;
  return out;
}

MetadataResponse::Topic find(BrokerContext& context, const wire::MetadataRequest::Topic& asked,
                             const wire::MetadataRequest& request, std::size_t& topics_made) {
  const bool operations = request.include_topic_authorized_operations;
  if (!asked.name) {
    const auto* meta = context.log.topic(from_wire(asked.topic_id));
    if (meta == nullptr) return missing(std::nullopt, asked.topic_id, ErrorCode::kUnknownTopicId);
    return describe(context, *meta, operations);
  }
  if (const auto* meta = context.log.topic(*asked.name)) return describe(context, *meta, operations);
  if (!log::validate_topic_name(*asked.name)) return missing(asked.name, {}, ErrorCode::kInvalidTopicException);
  if (!request.allow_auto_topic_creation || !context.settings.auto_create_topics) {
    return missing(asked.name, {}, ErrorCode::kUnknownTopicOrPartition);
  }
  if (topics_made == kTopicsMadeMax) return missing(asked.name, {}, ErrorCode::kLeaderNotAvailable);
  ++topics_made;
  if (const auto error = auto_create_topic(context, *asked.name); error != ErrorCode::kNone)
    return missing(asked.name, {}, error);
  const auto* made = context.log.topic(*asked.name);
  return made == nullptr ? missing(asked.name, {}, ErrorCode::kUnknownServerError)
                         : describe(context, *made, operations);
}

}  // namespace

void handle_metadata(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::MetadataRequest>(context, request);
  if (!message) return;
  MetadataResponse response;
  response.brokers.push_back({context.node_id(), context.advertised.host, context.advertised.port, std::nullopt});
  response.cluster_id = context.cluster_id;
  response.controller_id = context.node_id();
  if (message->include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  const bool all = !message->topics || (request.version() == 0 && message->topics->empty());
  if (all) {
    for (const auto* meta : context.log.topics()) {
      response.topics.push_back(describe(context, *meta, message->include_topic_authorized_operations));
    }
  } else {
    std::size_t topics_made = 0;
    for (const auto& asked : *message->topics) response.topics.push_back(find(context, asked, *message, topics_made));
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
