#include "kafka/broker/auth/credential.h"

#include <fmt/format.h>

namespace antiphon::kafka::broker {

ScramCredential ScramCredential::of_salted(ScramHash hash, Bytes salt, int iterations, ByteView salted) {
  ScramCredential out;
  out.hash = hash;
  out.iterations = iterations;
  out.salt = std::move(salt);
  out.stored_key = digest(hash, hmac(hash, salted, as_bytes("Client Key")));
  out.server_key = hmac(hash, salted, as_bytes("Server Key"));
  return out;
}

ScramCredential ScramCredential::of_password(ScramHash hash, std::string_view password, Random& random,
                                             int iterations) {
  Bytes salt(kScramSaltBytes);
  for (std::size_t at = 0; at < salt.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random.next();
    std::memcpy(salt.data() + at, &word, sizeof word);
  }
  const Bytes salted = salted_password(hash, password, salt, iterations);
  return of_salted(hash, std::move(salt), iterations, salted);
}

bool ScramCredential::fits(std::string_view password) const {
  const Bytes salted = salted_password(hash, password, salt, iterations);
  return same_bytes(digest(hash, hmac(hash, salted, as_bytes("Client Key"))), stored_key);
}

Result<> check_user_name(std::string_view name) {
  if (name.empty()) return make_error(ErrorKind::kInvalidInput, "Username must not be empty");
  if (name.size() > kUserNameBytesMax) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("The user name has {} bytes; at most {} are possible",
                                                            name.size(), kUserNameBytesMax));
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return make_error(ErrorKind::kInvalidInput, "The user name holds a control character");
  }
  return {};
}

}  // namespace antiphon::kafka::broker
