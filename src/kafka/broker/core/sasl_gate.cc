#include "kafka/broker/core/sasl_gate.h"

#include <algorithm>

namespace antiphon::kafka::broker {
namespace {
constexpr std::chrono::milliseconds kFailureDelay{100};  // Kafka: connection.failed.authentication.delay.ms
constexpr std::size_t kRefusalsMax = 1024;
}  // namespace

bool SaslGate::offers(SaslMechanism mechanism) const {
  return std::find(mechanisms_.begin(), mechanisms_.end(), mechanism) != mechanisms_.end();
}

bool SaslGate::may_ask(ConnectionId connection, wire::ApiKey api) const {
  if (mechanisms_.empty() || api == wire::ApiKey::kSaslHandshake || api == wire::ApiKey::kSaslAuthenticate) return true;
  const auto found = sessions_.find(connection.value());
  const auto state = found == sessions_.end() ? SaslSession::State::kHandshake : found->second.state();
  return state == SaslSession::State::kKnown ||
         (state == SaslSession::State::kHandshake && api == wire::ApiKey::kApiVersions);
}

bool SaslGate::expects_raw_token(ConnectionId connection) const {
  if (mechanisms_.empty()) return false;
  const auto found = sessions_.find(connection.value());
  return found != sessions_.end() && found->second.state() == SaslSession::State::kRawTokens;
}

void SaslGate::disconnected(ConnectionId connection) {
  if (mechanisms_.empty()) return;
  sessions_.erase(connection.value());
  std::erase_if(refusals_, [&](const Refusal& each) { return each.to.connection == connection; });
}

void SaslGate::refuse(ReplyTo to, Response response, MonoTime now, ResponseSink& sink) {
  response.last = true;
  if (refusals_.size() >= kRefusalsMax) return sink.respond(to, std::move(response));
  refusals_.push_back({now + kFailureDelay, to, std::move(response)});
}

MonoTime SaslGate::next_deadline() const { return refusals_.empty() ? MonoTime::max() : refusals_.front().due; }

void SaslGate::expire(MonoTime now, ResponseSink& sink) {
  while (!refusals_.empty() && refusals_.front().due <= now) {
    Refusal due = std::move(refusals_.front());
    refusals_.pop_front();
    sink.respond(due.to, std::move(due.response));
  }
}

}  // namespace antiphon::kafka::broker
