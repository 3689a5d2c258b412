// LeaveGroup, versions 0 to 5. KIPs: 345 (several members, by member or instance id, from 3), 800 (reason: ignored).
#include "kafka/wire/leave_group.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_leave_group(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::LeaveGroupRequest>(context, request);
  if (!message) return;
  std::vector<LeavingMember> leaving;
  if (request.version() <= 2) leaving.push_back({std::string(message->member_id), std::nullopt});
  for (const auto& member : message->members) {
    LeavingMember who{std::string(member.member_id), std::nullopt};
    if (member.group_instance_id) who.instance_id = std::string(*member.group_instance_id);
    leaving.push_back(std::move(who));
  }
  const auto codes = context.groups.leave(std::string(message->group_id), leaving, context.now());
  wire::LeaveGroupResponse response;
  if (request.version() <= 2) {
    response.error_code = codes.front();
  } else if (message->group_id.empty()) {
    response.error_code = wire::ErrorCode::kInvalidGroupId;
  } else {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      response.members.push_back({message->members[i].member_id, message->members[i].group_instance_id, codes[i]});
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
