// DeleteTopics, versions 0 to 6. KIPs: 4, 516 (by topic id, from 6), 599 (error message from 5). Durable when answered.
// The topic's committed offsets go with it, and it is answered when they cannot come back; fetches that wait for it are
// answered. Internal topics may not be deleted.
#include "kafka/wire/delete_topics.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;

// What is to be answered, while the offsets of its topics are being deleted.
struct Deletion {
  ReplyStub to;
  wire::DeleteTopicsResponse response;
  std::vector<std::string> names;
  std::size_t waiting = 1;

  void settled(BrokerContext& context) {
    if (--waiting == 0) context.respond(to, response);
  }
};

ErrorCode delete_one(BrokerContext& context, const std::shared_ptr<Deletion>& all, std::size_t at,
                     const std::string& name, const log::TopicId& id, std::int32_t partitions,
                     std::string_view client) {
  if (is_internal_topic(name)) return ErrorCode::kInvalidRequest;
  const auto deleted = context.log.delete_topic(name, fmt::format("asked for by {}", client));
  if (!deleted) return to_wire_error(deleted.error());
  logging::info("topic deleted", {{"topic", name}, {"client", client}});
  context.forget_policy(id);
  for (std::int32_t i = 0; i < partitions; ++i) context.moved.push_back({id, PartitionId(i)});
  ++all->waiting;
  context.groups.topic_deleted(name, [&context, all, at](ErrorCode error) {
    if (error != ErrorCode::kNone) all->response.responses[at].error_code = ErrorCode::kKafkaStorageError;
    all->settled(context);
  });
  return ErrorCode::kNone;
}

void delete_asked(BrokerContext& context, const Request& request, const std::shared_ptr<Deletion>& all, std::size_t at,
                  std::optional<std::string_view> asked_name, wire::Uuid id) {
  std::string& name = all->names[at];
  wire::DeleteTopicsResponse::TopicResponse& out = all->response.responses[at];
  const auto* meta = asked_name ? context.log.topic(*asked_name) : context.log.topic(from_wire(id));
  if (asked_name) name = *asked_name;
  out.topic_id = id;
  if (asked_name) out.name = name;
  if (meta == nullptr) {
    out.error_code = asked_name ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kUnknownTopicId;
    return;
  }
  name = meta->name;
  out.name = name;
  const log::TopicId topic_id = meta->id;
  out.topic_id = to_wire(topic_id);
  const ErrorCode error = delete_one(context, all, at, name, topic_id, meta->partition_count, request.client_host);
  if (error != ErrorCode::kNone) out.error_code = error;
}

}  // namespace

void handle_delete_topics(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteTopicsRequest>(context, request);
  if (!message) return;
  const auto all = std::make_shared<Deletion>();
  all->to = ReplyStub::of(request);
  const std::size_t count = message->topics.size() + message->topic_names.size();
  all->names.resize(count);  // the response looks at them: nothing moves from here on
  all->response.responses.resize(count);
  std::size_t at = 0;
  for (const auto& topic : message->topics) delete_asked(context, request, all, at++, topic.name, topic.topic_id);
  for (const auto name : message->topic_names) delete_asked(context, request, all, at++, name, {});
  all->settled(context);
}

}  // namespace antiphon::kafka::broker
