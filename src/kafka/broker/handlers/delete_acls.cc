// DeleteAcls, versions 1 to 3. KIPs: 140, 290 (pattern types). There is no authorizer: SECURITY_DISABLED for each
// filter, as Kafka without one says.
#include "kafka/wire/delete_acls.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_delete_acls(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteAclsRequest>(context, request);
  if (!message) return;
  wire::DeleteAclsResponse response;
  response.filter_results.resize(message->filters.size(), {wire::ErrorCode::kSecurityDisabled, kNoAuthorizer, {}});
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
