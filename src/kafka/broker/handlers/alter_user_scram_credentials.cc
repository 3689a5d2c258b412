// AlterUserScramCredentials, version 0 (KIP-554): makes, changes and removes users, durable before the answer. A user
// with one change that is not possible keeps all it had; the others' changes are made. Who may speak to the broker may
// do it.
#include "kafka/wire/alter_user_scram_credentials.h"

#include <map>
#include <set>

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/handlers/scram_mechanisms.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;

struct ScramOutcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
};
// By user, with the first thing that is wrong.
using ScramOutcomes = std::map<std::string_view, ScramOutcome>;

ScramOutcome check_change(const wire::AlterUserScramCredentialsRequest::Upsertion& wanted) {
  if (const auto name = check_user_name(wanted.name); !name)
    return {ErrorCode::kUnacceptableCredential, name.error().message};
  const auto hash = scram_hash_of(wanted.mechanism);
  if (!hash) return {ErrorCode::kUnsupportedSaslMechanism, "Unknown SCRAM mechanism"};
  if (wanted.iterations < kScramIterationsMin) return {ErrorCode::kUnacceptableCredential, "Too few iterations"};
  if (wanted.iterations > kScramIterationsMax) return {ErrorCode::kUnacceptableCredential, "Too many iterations"};
  if (wanted.salt.empty() || wanted.salt.size() > kScramSaltBytesMax)
    return {ErrorCode::kUnacceptableCredential, "The salt is empty or too long"};
  if (wanted.salted_password.size() != digest_bytes(*hash))
    return {ErrorCode::kUnacceptableCredential, "The salted password has not the mechanism's length"};
  return {};
}

ScramOutcome check_change(const wire::AlterUserScramCredentialsRequest::Deletion& wanted, const Users& users) {
  if (wanted.name.empty()) return {ErrorCode::kUnacceptableCredential, "Username must not be empty"};
  const auto hash = scram_hash_of(wanted.mechanism);
  if (!hash) return {ErrorCode::kUnsupportedSaslMechanism, "Unknown SCRAM mechanism"};
  const auto found = users.find(wanted.name);
  if (found == users.end() || !found->second.contains(*hash))
    return {ErrorCode::kResourceNotFound, "Attempt to delete a user credential that does not exist"};
  return {};
}

ScramOutcomes check_changes(const wire::AlterUserScramCredentialsRequest& message, const Users& users) {
  ScramOutcomes outcomes;
  std::set<std::pair<std::string_view, std::int8_t>> seen;
  const auto note = [&](std::string_view user, std::int8_t mechanism, ScramOutcome outcome) {
    if (!seen.emplace(user, mechanism).second) {
      outcome = {ErrorCode::kDuplicateResource, "A user credential cannot be altered twice in the same request"};
    }
    ScramOutcome& known = outcomes[user];
    if (known.error == ErrorCode::kNone) known = std::move(outcome);
  };
  for (const auto& each : message.deletions) note(each.name, each.mechanism, check_change(each, users));
  for (const auto& each : message.upsertions) note(each.name, each.mechanism, check_change(each));
  return outcomes;
}

void apply_changes(const wire::AlterUserScramCredentialsRequest& message, const ScramOutcomes& outcomes, Users& users) {
  const auto good = [&](std::string_view user) { return outcomes.at(user).error == ErrorCode::kNone; };
  for (const auto& each : message.deletions) {
    if (!good(each.name)) continue;
    if (const auto found = users.find(each.name); found != users.end())
      found->second.erase(*scram_hash_of(each.mechanism));
  }
  for (const auto& each : message.upsertions) {
    if (!good(each.name)) continue;
    const ScramHash hash = *scram_hash_of(each.mechanism);
    users[std::string(each.name)][hash] = ScramCredential::of_salted(hash, Bytes(each.salt.begin(), each.salt.end()),
                                                                     each.iterations, each.salted_password);
  }
}

}  // namespace

void handle_alter_user_scram_credentials(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::AlterUserScramCredentialsRequest>(context, request);
  if (!message) return;
  ScramOutcomes outcomes;
  const auto changed = context.sasl.users().change([&](Users& users) {
    outcomes = check_changes(*message, users);
    apply_changes(*message, outcomes, users);
  });
  wire::AlterUserScramCredentialsResponse response;
  for (const auto& each : message->deletions) outcomes.try_emplace(each.name);  // where nothing could be looked at
  for (const auto& each : message->upsertions) outcomes.try_emplace(each.name);
  for (auto& [user, outcome] : outcomes) {
    if (outcome.error == ErrorCode::kNone && !changed) {
      const bool busy = changed.error().kind == ErrorKind::kUnavailable;
      outcome = {busy ? ErrorCode::kRequestTimedOut : to_wire_error(changed.error()), changed.error().message};
    }
    auto& out = response.results.emplace_back();
    out.user = user;
    out.error_code = outcome.error;
    if (!outcome.message.empty()) out.error_message = outcome.message;
    if (outcome.error == ErrorCode::kNone)
      logging::info("a user's credentials were changed", {{"user", user}, {"client", request.client_host}});
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
