// ListPartitionReassignments, version 0. KIPs: 455. Nothing is ever moved between brokers: an empty list.
#include "kafka/wire/list_partition_reassignments.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_list_partition_reassignments(BrokerContext& context, const Request& request) {
  if (!decode<wire::ListPartitionReassignmentsRequest>(context, request)) return;
  context.respond(request, wire::ListPartitionReassignmentsResponse{});
}

}  // namespace antiphon::kafka::broker
