// FindCoordinator, versions 0 to 5. KIPs: 98 (key types), 699 (several keys from 4). One broker coordinates everything.
// Not implemented: share groups (key type 2).
#include "kafka/wire/find_coordinator.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {
constexpr std::int8_t kGroupKey = 0;
constexpr std::int8_t kTransactionKey = 1;
}  // namespace

void handle_find_coordinator(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::FindCoordinatorRequest>(context, request);
  if (!message) return;
  wire::ErrorCode error = wire::ErrorCode::kNone;
  if (message->key_type != kGroupKey && message->key_type != kTransactionKey) error = wire::ErrorCode::kInvalidRequest;
  if (error == wire::ErrorCode::kNone) {
    const auto made =
        message->key_type == kGroupKey ? context.offsets_topic.ensure() : context.transactions_topic.ensure();
    if (!made) {
      logging::error("a coordinator's topic cannot be made", {{"error", made.error().message}});
      error = wire::ErrorCode::kCoordinatorNotAvailable;
    }
  }
  const bool found = error == wire::ErrorCode::kNone;
  wire::FindCoordinatorResponse response;
  const auto fill = [&](auto& out) {
    out.error_code = error;
    out.node_id = found ? context.node_id() : -1;
    out.host = found ? std::string_view(context.advertised.host) : std::string_view{};
    out.port = found ? context.advertised.port : -1;
  };
  if (request.version() <= 3) {
    fill(response);
  } else {
    for (const auto key : message->coordinator_keys) {
      auto& out = response.coordinators.emplace_back();
      out.key = key;
      fill(out);
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
