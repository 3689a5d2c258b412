// ListConfigResources, versions 0 and 1. KIPs: 714 (0: client metrics, of which there are none), 1142 (any type from
// 1). Topics, the broker and its loggers, and the groups that something was set for (kafka-configs shows no others).
// Unknown types: UNSUPPORTED_VERSION.
#include "kafka/wire/list_config_resources.h"

#include <span>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_list_config_resources(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ListConfigResourcesRequest>(context, request);
  if (!message) return;
  wire::ListConfigResourcesResponse response;
  static constexpr std::int8_t kOnlyMetrics[] = {kClientMetricsResource};
  static constexpr std::int8_t kAll[] = {kTopicResource, kBrokerResource, kBrokerLoggerResource, kGroupResource};
  std::span<const std::int8_t> types = message->resource_types;
  if (types.empty()) types = kAll;
  if (request.version() == 0) types = kOnlyMetrics;
  const std::string node = fmt::format("{}", context.node_id());
  for (const auto type : types) {
    if (type == kTopicResource) {
      for (const auto* meta : context.log.topics()) response.config_resources.push_back({meta->name, type});
    } else if (type == kBrokerResource || type == kBrokerLoggerResource) {
      response.config_resources.push_back({node, type});
    } else if (type == kGroupResource) {
      for (const auto group : context.dynamic_configs.names(type)) response.config_resources.push_back({group, type});
    } else if (type != kClientMetricsResource) {
      response = {};
      response.error_code = wire::ErrorCode::kUnsupportedVersion;
      break;
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
