// DeleteGroups, versions 0 to 2. KIPs: 229. Empty groups only. Answered when the deletion is on stable storage.
#include "kafka/wire/delete_groups.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_delete_groups(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteGroupsRequest>(context, request);
  if (!message) return;
  struct Pending {
    ReplyStub to;
    std::vector<std::pair<std::string, wire::ErrorCode>> results;
    std::size_t left = 0;
  };
  auto pending = std::make_shared<Pending>();
  pending->to = ReplyStub::of(request);
  for (const auto group : message->groups_names)
    pending->results.emplace_back(std::string(group), wire::ErrorCode::kNone);
  pending->left = pending->results.size() + 1;
  const auto finish = [&context, pending] {
    if (--pending->left > 0) return;
    wire::DeleteGroupsResponse response;
    for (const auto& [group, error] : pending->results) response.results.push_back({group, error});
    context.respond(pending->to, response);
  };
  for (std::size_t i = 0; i < pending->results.size(); ++i) {
    context.groups.remove_group(pending->results[i].first, [pending, finish, i](wire::ErrorCode error) {
      pending->results[i].second = error;
      finish();
    });
  }
  finish();
}

}  // namespace antiphon::kafka::broker
