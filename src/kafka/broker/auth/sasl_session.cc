#include "kafka/broker/auth/sasl_session.h"

#include <fmt/format.h>

#include "core/assert.h"

namespace antiphon::kafka::broker {
namespace {

constexpr std::size_t kNonceWords = 3;  // 24 bytes

std::string fresh_nonce(Random& random) {
  std::array<std::uint64_t, kNonceWords> words{};
  for (auto& word : words) word = random.next();
  return to_base64(std::as_bytes(std::span(words)));
}

}  // namespace

void SaslSession::begin(SaslMechanism mechanism, bool raw, UserStore& users, Random& random) {
  ANTIPHON_ASSERT(state_ == State::kHandshake);
  mechanism_ = mechanism;
  state_ = raw ? State::kRawTokens : State::kTokens;
  if (mechanism == SaslMechanism::kPlain) return;
  const ScramHash hash = mechanism == SaslMechanism::kScramSha256 ? ScramHash::kSha256 : ScramHash::kSha512;
  scram_.emplace(hash, fresh_nonce(random),
                 [&users, hash](std::string_view user) { return users.credential(user, hash); });
}

Result<Bytes> SaslSession::take(ByteView token, UserStore& users) {
  ANTIPHON_ASSERT(state_ == State::kTokens || state_ == State::kRawTokens);
  auto answer = scram_ ? take_scram(token) : take_plain(as_text(token), users);
  if (!answer) state_ = State::kFailed;
  return answer;
}

// RFC 4616: whom to act for, who, password, with a zero between them.
Result<Bytes> SaslSession::take_plain(std::string_view message, UserStore& users) {
  const auto malformed = [](const char* what) {
    return make_error(ErrorKind::kInvalidInput, fmt::format("Authentication failed: {}", what));
  };
  const auto first = message.find('\0');
  const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || message.find('\0', second + 1) != std::string_view::npos)
    return malformed("Invalid SASL/PLAIN response: expected 3 tokens");
  const std::string_view acts_for = message.substr(0, first);
  const std::string_view user = message.substr(first + 1, second - first - 1);
  const std::string_view password = message.substr(second + 1);
  if (!check_user_name(user)) return malformed("username not specified");
  if (password.empty() || password.size() > kPasswordBytesMax) return malformed("password not specified");
  user_ = std::string(user);
  if (!acts_for.empty() && acts_for != user)
    return malformed("Client requested an authorization id that is different from username");
  if (!users.check_password(user, password))
    return make_error(ErrorKind::kPermission, "Authentication failed: Invalid username or password");
  state_ = State::kKnown;
  return Bytes{};
}

Result<Bytes> SaslSession::take_scram(ByteView token) {
  auto answer = scram_->step(token);
  user_ = scram_->user();
  if (!answer) {
    return make_error(answer.error().kind,
                      answer.error().kind == ErrorKind::kPermission
                          ? fmt::format("Authentication failed during authentication due to invalid credentials with "
                                        "SASL mechanism {}",
                                        to_string(*mechanism_))
                          : answer.error().message);
  }
  if (scram_->done()) {
    state_ = State::kKnown;
    scram_.reset();
  }
  return answer;
}

}  // namespace antiphon::kafka::broker
