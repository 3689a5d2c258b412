// JoinGroup, versions 0 to 9.
// KIPs: 62 (rebalance timeout from 1; 0 takes the session timeout), 345 (static members from 5), 394
// (MEMBER_ID_REQUIRED from 4), 559 (protocol type from 7), 800 (reason, logged at debug only), 814 (skip assignment
// from 9). Answered when all members have joined, or the rebalance timeout is over.
#include "kafka/wire/join_group.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

std::optional<std::string> owned(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

JoinRequest to_join(const wire::JoinGroupRequest& message, const Request& request) {
  JoinRequest join;
  join.group_id = message.group_id;
  join.member_id = message.member_id;
  join.instance_id = owned(message.group_instance_id);
  join.client_id = request.header.client_id.value_or("");
  join.client_host = request.client_host;
  join.protocol_type = message.protocol_type;
  for (const auto& protocol : message.protocols) {
    join.protocols.push_back({std::string(protocol.name), Bytes(protocol.metadata.begin(), protocol.metadata.end())});
  }
  join.session_timeout = Milliseconds(message.session_timeout_ms);
  const bool has_rebalance_timeout = request.version() >= 1 && message.rebalance_timeout_ms >= 0;
  join.rebalance_timeout = has_rebalance_timeout ? Milliseconds(message.rebalance_timeout_ms) : join.session_timeout;
  join.needs_known_member_id = request.version() >= 4;
  join.can_skip_assignment = request.version() >= 9;
  join.connection = request.reply_to.connection;
  return join;
}

}  // namespace

void handle_join_group(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::JoinGroupRequest>(context, request);
  if (!message) return;
  context.groups.join(
      to_join(*message, request),
      [&context, to = ReplyStub::of(request)](const JoinAnswer& answer) {
        wire::JoinGroupResponse response;
        response.error_code = answer.error;
        response.generation_id = answer.generation;
        if (answer.protocol_type) response.protocol_type = *answer.protocol_type;
        if (answer.protocol_name) response.protocol_name = *answer.protocol_name;
        if (to.version < 7 && !response.protocol_name) response.protocol_name = "";
        response.leader = answer.leader;
        response.skip_assignment = answer.skip_assignment;
        response.member_id = answer.member_id;
        for (const auto& member : answer.members) {
          auto& out = response.members.emplace_back();
          out.member_id = member.member_id;
          if (member.instance_id) out.group_instance_id = *member.instance_id;
          out.metadata = member.metadata;
        }
        context.respond(to, response);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
