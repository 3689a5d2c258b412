// DescribeAcls, versions 1 to 3. KIPs: 140, 290 (pattern types). There is no authorizer: SECURITY_DISABLED, as Kafka
// without one says.
#include "kafka/wire/describe_acls.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_describe_acls(BrokerContext& context, const Request& request) {
  if (!decode<wire::DescribeAclsRequest>(context, request)) return;
  wire::DescribeAclsResponse response;
  response.error_code = wire::ErrorCode::kSecurityDisabled;
  response.error_message = kNoAuthorizer;
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
