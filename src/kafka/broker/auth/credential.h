// What the broker knows of a user's password: never itself, only what can check it (RFC 5802, section 3).
//
//   SaltedPassword = PBKDF2(password, salt, iterations)
//   StoredKey      = H(HMAC(SaltedPassword, "Client Key"))       checks a client's proof
//   ServerKey      = HMAC(SaltedPassword, "Server Key")          proves to the client that this broker knows it, too
#pragma once

#include <string>
#include <string_view>

#include "core/random.h"
#include "core/result.h"
#include "kafka/broker/auth/digest.h"

namespace antiphon::kafka::broker {

// Kafka's bounds on a change of credentials.
constexpr int kScramIterationsMin = 4096;
constexpr int kScramIterationsMax = 16384;
constexpr int kScramIterationsDefault = 8192;
constexpr std::size_t kScramSaltBytes = 24;
constexpr std::size_t kScramSaltBytesMax = 128;
constexpr std::size_t kUserNameBytesMax = 255;
constexpr std::size_t kPasswordBytesMax = 1024;

struct ScramCredential {
  ScramHash hash = ScramHash::kSha256;
  int iterations = kScramIterationsMin;
  Bytes salt;
  Bytes stored_key;
  Bytes server_key;

  // From what AlterUserScramCredentials carries: the client has done the long computation.
  static ScramCredential of_salted(ScramHash hash, Bytes salt, int iterations, ByteView salted);
  static ScramCredential of_password(ScramHash hash, std::string_view password, Random& random, int iterations);
  // Takes as long as the iterations say.
  [[nodiscard]] bool fits(std::string_view password) const;
};

// Not empty, UTF-8 is not looked into, no control characters (it stands in logs and in a file of lines).
Result<> check_user_name(std::string_view name);

}  // namespace antiphon::kafka::broker
