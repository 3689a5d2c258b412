// DescribeClientQuotas, versions 0 and 1. KIPs: 546. There are no quotas: an empty list, as Kafka without one says.
// Entity types that Kafka does not know: UNSUPPORTED_VERSION, as there.
#include "kafka/wire/describe_client_quotas.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_describe_client_quotas(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeClientQuotasRequest>(context, request);
  if (!message) return;
  wire::DescribeClientQuotasResponse response;
  const auto known = [](const auto& component) {
    return component.entity_type == "user" || component.entity_type == "client-id" || component.entity_type == "ip";
  };
  if (std::ranges::all_of(message->components, known)) {
    response.entries.emplace();
  } else {
    response.error_code = wire::ErrorCode::kUnsupportedVersion;
    response.error_message = "Custom entity types are not supported.";
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
