// The client's side of a SCRAM exchange, as RFC 5802 has it, for tests.
#pragma once

#include <fmt/format.h>

#include <string>

#include "kafka/broker/auth/digest.h"

namespace antiphon::kafka::broker::testing {

class ScramClient {
 public:
  ScramClient(ScramHash hash, std::string_view user, std::string password)
      : hash_(hash), password_(std::move(password)) {
    std::string name;
    for (const char c : user) name += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
    bare_ = fmt::format("n={},r=client-nonce", name);
  }
  [[nodiscard]] std::string first() const { return "n,," + bare_; }
  // `nonce_prefix`: what the client puts in front of the nonce, and should not.
  std::string final_for(std::string_view server_first, std::string_view nonce_prefix = "") {
    const auto part = [&](std::string_view key) {
      const auto begin = server_first.find(key) + key.size();
      return server_first.substr(begin, server_first.find(',', begin) - begin);
    };
    const std::string nonce = std::string(nonce_prefix) + std::string(part("r="));
    const Bytes salt = *from_base64(part(",s="), 128);
    const Bytes salted = salted_password(hash_, password_, salt, std::stoi(std::string(part(",i="))));
    const std::string without_proof = "c=biws,r=" + nonce;
    const std::string text = fmt::format("{},{},{}", bare_, server_first, without_proof);
    Bytes proof = hmac(hash_, salted, as_bytes("Client Key"));
    const Bytes signature = hmac(hash_, digest(hash_, proof), as_bytes(text));
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= signature[i];
    expected_ = "v=" + to_base64(hmac(hash_, hmac(hash_, salted, as_bytes("Server Key")), as_bytes(text)));
    return fmt::format("{},p={}", without_proof, to_base64(proof));
  }
  [[nodiscard]] const std::string& expected_signature() const { return expected_; }

 private:
  ScramHash hash_;
  std::string password_;
  std::string bare_;
  std::string expected_;
};

}  // namespace antiphon::kafka::broker::testing
