// DescribeCluster, versions 0 and 1. KIPs: 700, 919 (endpoint type: brokers only).
#include "kafka/wire/describe_cluster.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {
constexpr std::int8_t kBrokerEndpoints = 1;
}

void handle_describe_cluster(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeClusterRequest>(context, request);
  if (!message) return;
  wire::DescribeClusterResponse response;
  response.endpoint_type = message->endpoint_type;
  if (message->endpoint_type != kBrokerEndpoints) {
    response.error_code = message->endpoint_type == 2 ? wire::ErrorCode::kMismatchedEndpointType
                                                      : wire::ErrorCode::kUnsupportedEndpointType;
    response.error_message = "This broker has no controller endpoint";
    return context.respond(request, response);
  }
  response.cluster_id = context.cluster_id;
  response.controller_id = context.node_id();
  response.brokers.push_back({context.node_id(), context.advertised.host, context.advertised.port, std::nullopt});
  if (message->include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
