// The server's side of a SCRAM exchange (RFC 5802, RFC 7677), without a socket:
//
//   client-first    n,,n=USER,r=CLIENT-NONCE
//   server-first    r=CLIENT-NONCE SERVER-NONCE,s=SALT,i=ITERATIONS
//   client-final    c=biws,r=NONCE,p=PROOF
//   server-final    v=SIGNATURE
//
//   ScramServer scram(hash, server_nonce, [&](user) -> ScramCredential { ... });
//   auto answer = scram.step(token);      // twice; an error ends it
//   if (scram.done()) scram.user();
//
// Not taken: channel binding (gs2 "p="), a name to act for that is another than the user's, Kafka's delegation tokens
// (the extension tokenauth). Other extensions are passed over, but for "m=", which says that they may not be.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "kafka/broker/auth/credential.h"

namespace antiphon::kafka::broker {

class ScramServer {
 public:
  // `find` answers for every name: one that does not exist gets a credential that fits no password, so that the
  // exchange does not tell which names exist.
  using FindCredential = std::function<ScramCredential(std::string_view user)>;
  ScramServer(ScramHash hash, std::string server_nonce, FindCredential find)
      : hash_(hash), server_nonce_(std::move(server_nonce)), find_(std::move(find)) {}

  // kInvalidInput: not a SCRAM message in its turn; kPermission: the proof does not fit. Nothing may follow an error.
  Result<Bytes> step(ByteView token);
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  [[nodiscard]] const std::string& user() const { return user_; }

 private:
  enum class State : std::uint8_t { kFirst, kFinal, kDone, kFailed };
  Result<Bytes> take_first(std::string_view message);
  Result<Bytes> take_final(std::string_view message);

  const ScramHash hash_;
  const std::string server_nonce_;
  const FindCredential find_;
  State state_ = State::kFirst;
  std::string user_;
  std::string gs2_header_;
  std::string client_first_bare_;
  std::string server_first_;
  std::string nonce_;
  ScramCredential credential_;
};

}  // namespace antiphon::kafka::broker
