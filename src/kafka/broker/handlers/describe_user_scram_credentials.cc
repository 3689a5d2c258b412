// DescribeUserScramCredentials, version 0 (KIP-554): who can log in by SASL, and with what. Answered whether the
// listener asks for it or not: users are made before they are asked.
#include "kafka/wire/describe_user_scram_credentials.h"

#include <deque>
#include <map>

#include "kafka/broker/handlers/handlers.h"
#include "kafka/broker/handlers/scram_mechanisms.h"

namespace antiphon::kafka::broker {

void handle_describe_user_scram_credentials(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeUserScramCredentialsRequest>(context, request);
  if (!message) return;
  wire::DescribeUserScramCredentialsResponse response;
  std::deque<std::string> texts;  // own what the response looks at
  const auto fill = [](auto& out, const UserCredentials& credentials) {
    for (const auto& [hash, each] : credentials) out.credential_infos.push_back({number_of(hash), each.iterations});
  };
  const Users& users = context.sasl.users().users();
  if (!message->users || message->users->empty()) {
    for (const auto& [name, credentials] : users) {
      auto& out = response.results.emplace_back();
      out.user = name;
      fill(out, credentials);
    }
    return context.respond(request, response);
  }
  std::map<std::string_view, int> asked;
  for (const auto& each : *message->users) ++asked[each.name];
  for (const auto& [name, times] : asked) {
    auto& out = response.results.emplace_back();
    out.user = name;
    const auto found = users.find(name);
    if (times > 1) {
      out.error_code = wire::ErrorCode::kDuplicateResource;
      out.error_message = texts.emplace_back(
          fmt::format("Cannot describe SCRAM credentials for the same user twice in a single request: {}", name));
    } else if (found == users.end()) {
      out.error_code = wire::ErrorCode::kResourceNotFound;
      out.error_message =
          texts.emplace_back(fmt::format("Attempt to describe a user credential that does not exist: {}", name));
    } else {
      fill(out, found->second);
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
