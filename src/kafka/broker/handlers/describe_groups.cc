// DescribeGroups, versions 0 to 5. KIPs: 345 (instance id from 4), 430 (authorized operations from 3).
// A group that is not there is "Dead", without an error, as in Kafka below version 6.
#include "kafka/wire/describe_groups.h"

#include <deque>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_describe_groups(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeGroupsRequest>(context, request);
  if (!message) return;
  wire::DescribeGroupsResponse response;
  std::deque<DescribedGroup> groups;  // own what the response looks at
  for (const auto group_id : message->groups) {
    const auto& group = groups.emplace_back(context.groups.describe(group_id));
    auto& out = response.groups.emplace_back();
    out.group_id = group_id;
    if (group_id.empty()) out.error_code = wire::ErrorCode::kInvalidGroupId;
    out.group_state = to_string(group.state);
    out.protocol_type = group.protocol_type;
    out.protocol_data = group.protocol;
    if (message->include_authorized_operations) out.authorized_operations = kGroupOperations;
    for (const auto& member : group.members) {
      auto& m = out.members.emplace_back();
      m.member_id = member.member_id;
      if (member.instance_id) m.group_instance_id = *member.instance_id;
      m.client_id = member.client_id;
      m.client_host = member.client_host;
      m.member_metadata = member.metadata;
      m.member_assignment = member.assignment;
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
