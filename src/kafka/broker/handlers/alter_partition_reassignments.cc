// AlterPartitionReassignments, versions 0 and 1. KIPs: 455, 860 (fixed replication factor from 1). The one broker is
// every partition's only replica: that same assignment is taken, another is INVALID_REPLICA_ASSIGNMENT, a cancellation
// NO_REASSIGNMENT_IN_PROGRESS.
#include "kafka/wire/alter_partition_reassignments.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
using Reassignment = wire::AlterPartitionReassignmentsRequest::Partition;
using Reassigned = wire::AlterPartitionReassignmentsResponse::PartitionResult;

Reassigned reassign(BrokerContext& context, std::string_view topic, const Reassignment& asked) {
  Reassigned out;
  out.partition_index = asked.partition_index;
  if (context.log.partition(topic, asked.partition_index) == nullptr) {
    out.error_code = ErrorCode::kUnknownTopicOrPartition;
    out.error_message = "The partition does not exist.";
  } else if (!asked.replicas) {
    out.error_code = ErrorCode::kNoReassignmentInProgress;
    out.error_message = "No partition reassignment is in progress.";
  } else if (asked.replicas->size() != 1 || asked.replicas->front() != context.node_id()) {
    out.error_code = ErrorCode::kInvalidReplicaAssignment;
    out.error_message = "The only broker must be the only replica.";
  }
  return out;
}

}  // namespace

void handle_alter_partition_reassignments(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::AlterPartitionReassignmentsRequest>(context, request);
  if (!message) return;
  wire::AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = message->allow_replication_factor_change;
  for (const auto& topic : message->topics) {
    auto& out = response.responses.emplace_back();
    out.name = topic.name;
    for (const auto& asked : topic.partitions) out.partitions.push_back(reassign(context, topic.name, asked));
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
