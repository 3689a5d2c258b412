// SaslHandshake, versions 0 and 1 (KIP-43; KIP-152: after version 1 tokens come in SaslAuthenticate, after 0 in frames
// without headers, handlers/sasl_authenticate.cc). A mechanism that is not offered: UNSUPPORTED_SASL_MECHANISM with
// those that are, and the connection ends. Where nobody is asked, or out of turn: ILLEGAL_SASL_STATE. No
// re-authentication (KIP-368): a session does not end before its connection.
#include "kafka/wire/sasl_handshake.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_sasl_handshake(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::SaslHandshakeRequest>(context, request);
  if (!message) return;
  const ConnectionId connection = request.reply_to.connection;
  wire::SaslHandshakeResponse response;
  if (!context.sasl.asks() || context.sasl.session(connection).state() == SaslSession::State::kKnown) {
    response.error_code = wire::ErrorCode::kIllegalSaslState;
    return context.respond(request, response);
  }
  for (const SaslMechanism each : context.sasl.mechanisms()) response.mechanisms.push_back(to_string(each));
  SaslSession& session = context.sasl.session(connection);
  const auto mechanism = sasl_mechanism_of(message->mechanism);
  if (session.state() != SaslSession::State::kHandshake) {
    response.error_code = wire::ErrorCode::kIllegalSaslState;
  } else if (!mechanism || !context.sasl.offers(*mechanism)) {
    response.error_code = wire::ErrorCode::kUnsupportedSaslMechanism;
  }
  if (response.error_code != wire::ErrorCode::kNone) {
    session.fail();
    BrokerMetrics::add(context.metrics.authentications_failed, 1);
    logging::info("a client was not let in",
                  {{"client", request.client_host}, {"reason", wire::to_string(response.error_code)}});
    return context.respond_last(request, response);
  }
  session.begin(*mechanism, request.version() == 0, context.sasl.users(), context.random);
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
