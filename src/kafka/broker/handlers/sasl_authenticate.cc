// SaslAuthenticate, versions 0 to 2 (KIP-152; 368: the session lifetime is 0, it does not end), and the frames without
// headers that follow SaslHandshake 0: a token in, a token out. PLAIN (RFC 4616), SCRAM-SHA-256 and -512 (RFC 5802,
// 7677).
//
// A failure is SASL_AUTHENTICATION_FAILED, answered after a short while, and ends the connection; old clients, which
// have no code to be told, are just closed then. Out of turn: ILLEGAL_SASL_STATE.
#include "kafka/wire/sasl_authenticate.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

// The session has taken a token: what it means for the connection.
void take_note(BrokerContext& context, ConnectionId connection, std::string_view host, const SaslSession& session,
               const Result<Bytes>& answer) {
  const std::string_view mechanism = to_string(*session.mechanism());
  if (!answer) {
    BrokerMetrics::add(context.metrics.authentications_failed, 1);
    logging::warn(
        "a client was not let in",
        {{"client", host}, {"mechanism", mechanism}, {"user", session.user()}, {"reason", answer.error().message}});
  } else if (session.state() == SaslSession::State::kKnown) {
    BrokerMetrics::add(context.metrics.authentications, 1);
    context.sink.authenticated(connection);
    logging::debug("a client was let in", {{"client", host}, {"mechanism", mechanism}, {"user", session.user()}});
  }
}

}  // namespace

void handle_sasl_authenticate(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::SaslAuthenticateRequest>(context, request);
  if (!message) return;
  wire::SaslAuthenticateResponse response;
  const ConnectionId connection = request.reply_to.connection;
  if (!context.sasl.asks() || context.sasl.session(connection).state() == SaslSession::State::kKnown) {
    response.error_code = wire::ErrorCode::kIllegalSaslState;
    response.error_message = context.sasl.asks() ? "SaslAuthenticate request received after successful authentication"
                                                 : "This listener does not authenticate its clients";
    return context.respond(request, response);
  }
  SaslSession& session = context.sasl.session(connection);
  if (session.state() != SaslSession::State::kTokens) {
    session.fail();
    response.error_code = wire::ErrorCode::kIllegalSaslState;
    response.error_message = "SaslAuthenticate request received before a SaslHandshake request";
    return context.respond_last(request, response);
  }
  const auto answer = session.take(message->auth_bytes, context.sasl.users());
  take_note(context, connection, request.client_host, session, answer);
  if (answer) {
    response.auth_bytes = *answer;
    return context.respond(request, response);
  }
  response.error_code = wire::ErrorCode::kSaslAuthenticationFailed;
  response.error_message = answer.error().message;
  Response held;
  const auto written = wire::write_response(held.bytes, request.version(), request.header.correlation_id, response);
  if (!written) return context.refuse(request, written.error().message);
  context.sasl.refuse(request.reply_to, std::move(held), context.clock.mono_now(), context.sink);
}

void take_raw_sasl_token(BrokerContext& context, ReplyTo to, std::string_view host, ByteView token) {
  SaslSession& session = context.sasl.session(to.connection);
  const auto answer = session.take(token, context.sasl.users());
  take_note(context, to.connection, host, session, answer);
  Response response;
  if (!answer) return context.sasl.refuse(to, std::move(response), context.clock.mono_now(), context.sink);
  wire::Writer out(response.bytes);
  out.integer(static_cast<std::int32_t>(answer->size()));
  out.raw(*answer);
  context.sink.respond(to, std::move(response));
}

}  // namespace antiphon::kafka::broker
