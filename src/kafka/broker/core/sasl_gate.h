// Who has proven who they are, of all connections of a listener that asks (SASL), and the answers to those who could
// not: these wait a little, so that guessing is slow. One thread.
#pragma once

#include <deque>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"
#include "kafka/broker/auth/sasl_session.h"
#include "kafka/broker/auth/users.h"
#include "kafka/broker/broker.h"
#include "kafka/broker/core/request.h"
#include "kafka/wire/api_key.h"

namespace antiphon::kafka::broker {

class SaslGate {
 public:
  SaslGate(const std::vector<SaslMechanism>& mechanisms, UserStore users)
      : mechanisms_(mechanisms), users_(std::move(users)) {}
  SaslGate(const SaslGate&) = delete;  // sessions look at the users
  SaslGate& operator=(const SaslGate&) = delete;

  // Without mechanisms nobody is asked.
  [[nodiscard]] bool asks() const { return !mechanisms_.empty(); }
  [[nodiscard]] const std::vector<SaslMechanism>& mechanisms() const { return mechanisms_; }
  [[nodiscard]] bool offers(SaslMechanism mechanism) const;
  [[nodiscard]] UserStore& users() { return users_; }
  [[nodiscard]] const UserStore& users() const { return users_; }

  // Whether this request may be looked at now. SaslHandshake and SaslAuthenticate always: out of turn they are
  // answered.
  [[nodiscard]] bool may_ask(ConnectionId connection, wire::ApiKey api) const;
  [[nodiscard]] bool expects_raw_token(ConnectionId connection) const;
  // Made when it is first asked for.
  SaslSession& session(ConnectionId connection) { return sessions_[connection.value()]; }
  void disconnected(ConnectionId connection);

  // Answers after kFailureDelay, and ends the connection; at once when too many wait.
  void refuse(ReplyTo to, Response response, MonoTime now, ResponseSink& sink);
  [[nodiscard]] MonoTime next_deadline() const;
  void expire(MonoTime now, ResponseSink& sink);

 private:
  struct Refusal {
    MonoTime due;
    ReplyTo to;
    Response response;
  };

  const std::vector<SaslMechanism>& mechanisms_;
  UserStore users_;
  std::unordered_map<std::uint64_t, SaslSession> sessions_;  // as many as there are connections
  std::deque<Refusal> refusals_;                             // by time: all wait equally long
};

}  // namespace antiphon::kafka::broker
