// ApiVersions, versions 0 to 4. KIPs: 35, 482 (flexible from 3; the response header stays v0), 511 (an unknown version
// is answered with version 0, error 35 and ApiVersions' own range, so that the client can ask again; a client's name is
// optional and checked in form), 584 (features: none).
#include "kafka/wire/api_versions.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

wire::ApiVersionsResponse::Api row(const HandledApi& api) {
  return {static_cast<std::int16_t>(api.key), api.versions.min, api.versions.max};
}

bool is_client_name(std::string_view text) {
  const auto inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-'; };
  const auto edge = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return !text.empty() && edge(text.front()) && edge(text.back()) && std::all_of(text.begin(), text.end(), inside);
}

}  // namespace

void handle_api_versions(BrokerContext& context, const Request& request) {
  wire::ApiVersionsResponse response;
  const HandledApi* own = find_handled(static_cast<std::int16_t>(wire::ApiKey::kApiVersions));
  if (!own->versions.contains(request.version())) {
    response.error_code = wire::ErrorCode::kUnsupportedVersion;
    response.api_keys.push_back(row(*own));
    ReplyStub to = ReplyStub::of(request);
    to.version = 0;
    return context.respond(to, response);
  }
  const auto message = decode<wire::ApiVersionsRequest>(context, request);
  if (!message) return;
  if (request.version() >= 3 &&
      !(is_client_name(message->client_software_name) && is_client_name(message->client_software_version))) {
    response.error_code = wire::ErrorCode::kInvalidRequest;
    return context.respond(request, response);
  }
  for (const auto& api : handled_apis()) response.api_keys.push_back(row(api));
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
