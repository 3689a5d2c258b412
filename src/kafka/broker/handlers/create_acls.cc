// CreateAcls, versions 1 to 3. KIPs: 140, 290 (pattern types). There is no authorizer: SECURITY_DISABLED for each rule,
// as Kafka without one says.
#include "kafka/wire/create_acls.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_create_acls(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::CreateAclsRequest>(context, request);
  if (!message) return;
  wire::CreateAclsResponse response;
  response.results.resize(message->creations.size(), {wire::ErrorCode::kSecurityDisabled, kNoAuthorizer});
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
