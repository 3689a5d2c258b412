// ListGroups, versions 0 to 5. KIPs: 518 (state filter from 4), 848 (type from 5: "classic").
#include "kafka/wire/list_groups.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}
bool chosen(const std::vector<std::string_view>& filter, std::string_view word) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(), [&](auto f) { return same_word(f, word); });
}

}  // namespace

void handle_list_groups(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ListGroupsRequest>(context, request);
  if (!message) return;
  const auto groups = context.groups.list();
  wire::ListGroupsResponse response;
  for (const auto& group : groups) {
    if (!chosen(message->states_filter, to_string(group.state)) || !chosen(message->types_filter, "classic")) continue;
    response.groups.push_back({group.group_id, group.protocol_type, to_string(group.state), "classic"});
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
