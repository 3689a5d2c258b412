// One connection's way to being known: which request may come next, and what it is answered. Without a socket.
//
//     kHandshake --SaslHandshake 1--> kTokens    --SaslAuthenticate...--> kKnown
//                --SaslHandshake 0--> kRawTokens --bare frames...------> kKnown        any failure: kFailed
//
// ApiVersions is answered in kHandshake and kKnown, everything else only in kKnown.
#pragma once

#include <optional>
#include <string>

#include "core/random.h"
#include "kafka/broker/auth/scram.h"
#include "kafka/broker/auth/users.h"
#include "kafka/broker/security.h"

namespace antiphon::kafka::broker {

class SaslSession {
 public:
  enum class State : std::uint8_t { kHandshake, kTokens, kRawTokens, kKnown, kFailed };

  [[nodiscard]] State state() const { return state_; }
  // In kHandshake only. `raw`: tokens come without Kafka's headers (SaslHandshake version 0).
  void begin(SaslMechanism mechanism, bool raw, UserStore& users, Random& random);
  void fail() { state_ = State::kFailed; }
  // In kTokens and kRawTokens. The answer's bytes, also empty ones; kPermission or kInvalidInput with Kafka's words for
  // the client. Then the state says whether it is over.
  Result<Bytes> take(ByteView token, UserStore& users);

  [[nodiscard]] std::optional<SaslMechanism> mechanism() const { return mechanism_; }
  [[nodiscard]] const std::string& user() const { return user_; }  // also of an attempt that failed

 private:
  Result<Bytes> take_plain(std::string_view message, UserStore& users);
  Result<Bytes> take_scram(ByteView token);

  State state_ = State::kHandshake;
  std::optional<SaslMechanism> mechanism_;
  std::optional<ScramServer> scram_;
  std::string user_;
};

}  // namespace antiphon::kafka::broker
