// DeleteTopics, versions 0 to 6. KIPs: 4, 516 (by topic id, from 6), 599 (error message from 5). Durable when answered.
// The topic's committed offsets go with it; fetches that wait for it are answered. Internal topics may not be deleted.
#include "kafka/wire/delete_topics.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;

ErrorCode delete_one(BrokerContext& context, const std::string& name, const log::TopicId& id, std::int32_t partitions,
                     std::string_view client) {
  if (is_internal_topic(name)) return ErrorCode::kInvalidRequest;
  const auto deleted = context.log.delete_topic(name, fmt::format("asked for by {}", client));
  if (!deleted) return to_wire_error(deleted.error());
  logging::info("topic deleted", {{"topic", name}, {"client", client}});
  context.forget_policy(id);
  for (std::int32_t i = 0; i < partitions; ++i) context.moved.push_back({id, PartitionId(i)});
  context.groups.topic_deleted(name);
  return ErrorCode::kNone;
}

void delete_asked(BrokerContext& context, const Request& request, std::optional<std::string_view> name, wire::Uuid id,
                  wire::DeleteTopicsResponse::TopicResponse& out, std::string& owned_name) {
  const auto* meta = name ? context.log.topic(*name) : context.log.topic(from_wire(id));
  out.name = name;
  out.topic_id = id;
  if (meta == nullptr) {
    out.error_code = name ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kUnknownTopicId;
    return;
  }
  owned_name = meta->name;
  out.name = owned_name;
  const log::TopicId topic_id = meta->id;
  out.topic_id = to_wire(topic_id);
  out.error_code = delete_one(context, owned_name, topic_id, meta->partition_count, request.client_host);
}

}  // namespace

void handle_delete_topics(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteTopicsRequest>(context, request);
  if (!message) return;
  wire::DeleteTopicsResponse response;
  const std::size_t count = message->topics.size() + message->topic_names.size();
  std::vector<std::string> names(count);
  std::size_t at = 0;
  for (const auto& topic : message->topics)
    delete_asked(context, request, topic.name, topic.topic_id, response.responses.emplace_back(), names[at++]);
  for (const auto name : message->topic_names)
    delete_asked(context, request, name, {}, response.responses.emplace_back(), names[at++]);
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
