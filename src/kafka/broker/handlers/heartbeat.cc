// Heartbeat, versions 0 to 4. KIPs: 345 (group instance id from 3).
#include "kafka/wire/heartbeat.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_heartbeat(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::HeartbeatRequest>(context, request);
  if (!message) return;
  HeartbeatRequest heartbeat{std::string(message->group_id), std::string(message->member_id), std::nullopt,
                             message->generation_id};
  if (message->group_instance_id) heartbeat.instance_id = std::string(*message->group_instance_id);
  wire::HeartbeatResponse response;
  response.error_code = context.groups.heartbeat(heartbeat, context.now());
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
