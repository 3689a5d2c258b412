// SaslHandshake, versions 0 and 1 (KIP-43). No mechanism is offered: UNSUPPORTED_SASL_MECHANISM with an empty list.
#include "kafka/wire/sasl_handshake.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_sasl_handshake(BrokerContext& context, const Request& request) {
  if (!decode<wire::SaslHandshakeRequest>(context, request)) return;
  wire::SaslHandshakeResponse response;
  response.error_code = wire::ErrorCode::kUnsupportedSaslMechanism;
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
