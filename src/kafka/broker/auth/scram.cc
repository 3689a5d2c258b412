#include "kafka/broker/auth/scram.h"

#include <fmt/format.h>

#include <optional>

namespace antiphon::kafka::broker {
namespace {

constexpr std::size_t kMessageBytesMax = 4096;
constexpr std::size_t kNonceBytesMax = 1024;

Error malformed(const char* what) {
  return make_error(ErrorKind::kInvalidInput, fmt::format("Invalid SCRAM message: {}", what));
}

// The text up to the next comma; `rest` goes on behind it.
std::string_view take_part(std::string_view& rest) {
  const auto comma = rest.find(',');
  const std::string_view part = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return part;
}

// The value of "k=value".
std::optional<std::string_view> value_of(char key, std::string_view part) {
  if (part.size() < 2 || part[0] != key || part[1] != '=') return std::nullopt;
  return part.substr(2);
}

// A saslname: "=2C" is a comma, "=3D" an equals sign.
std::optional<std::string> unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
      continue;
    }
    const auto code = name.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kNonceBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != ','; });
}

// Whether the attributes behind those we know may be passed over.
Result<> check_extensions(std::string_view rest) {
  while (!rest.empty()) {
    const auto part = take_part(rest);
    const bool letter = !part.empty() && std::isalpha(static_cast<unsigned char>(part[0])) != 0;
    if (part.starts_with("tokenauth="))
      return make_error(ErrorKind::kInvalidInput, "Delegation tokens are not taken by this broker");
    if (!letter || part.find('=') == std::string_view::npos) return malformed("extension");
  }
  return {};
}

}  // namespace

Result<Bytes> ScramServer::step(ByteView token) {
  const State now = std::exchange(state_, State::kFailed);  // until it went well
  if (token.size() > kMessageBytesMax) return malformed("too long");
  if (now == State::kFirst) return take_first(as_text(token));
  if (now == State::kFinal) return take_final(as_text(token));
  return malformed("nothing was to come");
}

Result<Bytes> ScramServer::take_first(std::string_view message) {
  std::string_view rest = message;
  const auto binding = take_part(rest);
  if (binding != "n" && binding != "y") return malformed("channel binding is not offered");
  const auto authorization = take_part(rest);
  gs2_header_ = std::string(message.substr(0, message.size() - rest.size()));
  client_first_bare_ = std::string(rest);
  const auto name = value_of('n', take_part(rest));  // "m=" would stand here
  if (!name) return malformed("no user name");
  const auto user = unescaped(*name);
  if (!user || !check_user_name(*user)) return malformed("user name");
  if (!authorization.empty()) {
    const auto acts_for = value_of('a', authorization);
    if (!acts_for || unescaped(*acts_for) != user) return malformed("a user may only act for itself");
  }
  const auto nonce = value_of('r', take_part(rest));
  if (!nonce || !is_nonce(*nonce)) return malformed("nonce");
  ANTIPHON_TRY_VOID(check_extensions(rest));

  user_ = *user;
  credential_ = find_(user_);
  nonce_ = std::string(*nonce) + server_nonce_;
  server_first_ = fmt::format("r={},s={},i={}", nonce_, to_base64(credential_.salt), credential_.iterations);
  state_ = State::kFinal;
  const auto bytes = as_bytes(server_first_);
  return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> ScramServer::take_final(std::string_view message) {
  const auto proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("no proof");
  const std::string_view without_proof = message.substr(0, proof_at);
  const auto proof = from_base64(message.substr(proof_at + 3), digest_bytes(hash_));
  if (!proof || proof->size() != digest_bytes(hash_)) return malformed("proof");
  std::string_view rest = without_proof;
  const auto binding = value_of('c', take_part(rest));
  if (!binding || *binding != to_base64(as_bytes(gs2_header_))) return malformed("channel binding");
  const auto nonce = value_of('r', take_part(rest));
  // As Kafka's server: librdkafka 2.0.2 puts its own part of the nonce there once more, in front of it.
  if (!nonce || !nonce->ends_with(nonce_)) return malformed("nonce");
  ANTIPHON_TRY_VOID(check_extensions(rest));

  const std::string signed_text = fmt::format("{},{},{}", client_first_bare_, server_first_, without_proof);
  Bytes client_key = hmac(hash_, credential_.stored_key, as_bytes(signed_text));
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] ^= (*proof)[i];
  if (!same_bytes(digest(hash_, client_key), credential_.stored_key))
    return make_error(ErrorKind::kPermission, "invalid credentials");
  state_ = State::kDone;
  const std::string answer = "v=" + to_base64(hmac(hash_, credential_.server_key, as_bytes(signed_text)));
  const auto bytes = as_bytes(answer);
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace antiphon::kafka::broker
