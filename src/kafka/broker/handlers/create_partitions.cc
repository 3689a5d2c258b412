// CreatePartitions, versions 0 to 3 (KIP-195). Durable when answered; every topic asked for has a result.
#include "kafka/wire/create_partitions.h"

#include <algorithm>
#include <deque>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;

ErrorCode add(BrokerContext& context, const wire::CreatePartitionsRequest::Topic& asked, bool validate_only,
              std::string& message) {
  const auto* meta = context.log.topic(asked.name);
  if (meta == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  const auto has = meta->partition_count;
  if (is_internal_topic(asked.name)) {
    message = "Groups would move between partitions and lose their offsets";
    return ErrorCode::kInvalidRequest;
  }
  if (asked.count <= has) {
    message = asked.count == has
                  ? fmt::format("Topic already has {} partition(s).", has)
                  : fmt::format("The topic {} currently has {} partition(s); {} would not be an increase.", asked.name,
                                has, asked.count);
    return ErrorCode::kInvalidPartitions;
  }
  if (asked.assignments) {
    const auto ours = [&](const auto& a) {
      return a.broker_ids.size() == 1 && a.broker_ids.front() == context.node_id();
    };
    if (asked.assignments->size() != static_cast<std::size_t>(asked.count - has) ||
        !std::all_of(asked.assignments->begin(), asked.assignments->end(), ours)) {
      message = fmt::format("Each of the {} new partitions must have broker {} as its only replica", asked.count - has,
                            context.node_id());
      return ErrorCode::kInvalidReplicaAssignment;
    }
  }
  if (const auto fits = check_topic_limits(context, asked.count - has, asked.count, false); !fits) {
    message = fits.error().message;
    return ErrorCode::kInvalidPartitions;
  }
  if (validate_only) return ErrorCode::kNone;
  const auto added = context.log.add_partitions(asked.name, asked.count);
  if (added) return ErrorCode::kNone;
  message = added.error().message;
  return to_wire_error(added.error());
}

}  // namespace

void handle_create_partitions(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::CreatePartitionsRequest>(context, request);
  if (!message) return;
  wire::CreatePartitionsResponse response;
  std::deque<std::string> texts;
  for (const auto& topic : message->topics) {
    auto& out = response.results.emplace_back();
    auto& text = texts.emplace_back();
    out.name = topic.name;
    out.error_code = add(context, topic, message->validate_only, text);
    if (!text.empty()) out.error_message = text;
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
