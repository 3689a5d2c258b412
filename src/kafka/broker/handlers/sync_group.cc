// SyncGroup, versions 0 to 5. KIPs: 345 (static members), 559 (protocol type and name from 5).
// Answered when the leader's assignment is on stable storage.
#include "kafka/wire/sync_group.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {
std::optional<std::string> owned(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}
}  // namespace

void handle_sync_group(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::SyncGroupRequest>(context, request);
  if (!message) return;
  SyncRequest sync;
  sync.group_id = message->group_id;
  sync.member_id = message->member_id;
  sync.instance_id = owned(message->group_instance_id);
  sync.generation = message->generation_id;
  sync.protocol_type = owned(message->protocol_type);
  sync.protocol_name = owned(message->protocol_name);
  sync.connection = request.reply_to.connection;
  for (const auto& each : message->assignments) {
    sync.assignments.emplace_back(std::string(each.member_id), Bytes(each.assignment.begin(), each.assignment.end()));
  }
  context.groups.sync(
      sync,
      [&context, to = ReplyStub::of(request)](const SyncAnswer& answer) {
        wire::SyncGroupResponse response;
        response.error_code = answer.error;
        if (answer.protocol_type) response.protocol_type = *answer.protocol_type;
        if (answer.protocol_name) response.protocol_name = *answer.protocol_name;
        response.assignment = answer.assignment;
        context.respond(to, response);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
