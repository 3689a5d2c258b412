// DescribeTopicPartitions, version 0. KIPs: 966 (pages by a cursor; eligible leaders: none beside the in-sync ones).
// Topics by name, all of them when none is asked for; at most kPagePartitionsMax partitions a page.
#include "kafka/wire/describe_topic_partitions.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ErrorCode;
using Page = wire::DescribeTopicPartitionsResponse;
constexpr std::int32_t kPagePartitionsMax = 2000;

Page::Partition describe(BrokerContext& context, const log::TopicMeta& meta, PartitionId index) {
  const std::int32_t node = context.node_id();
  Page::Partition out;
  out.partition_index = index;
  out.leader_id = node;
  if (const auto* stored = context.log.partition(meta.id, index)) {
    out.leader_epoch = stored->leader_epoch();
  } else {
    out.error_code = ErrorCode::kLeaderNotAvailable;  // its files are damaged beyond use
    out.leader_id = -1;
  }
  out.replica_nodes = {node};
  out.isr_nodes = {node};
  out.eligible_leader_replicas.emplace();
  out.last_known_elr.emplace();
  return out;
}

Page::Topic missing(std::string_view name) {
  Page::Topic out;
  out.name = name;
  out.error_code =
      log::validate_topic_name(name) ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kInvalidTopicException;
  return out;
}

// The names to describe, ascending, from the cursor's topic on.
std::vector<std::string_view> names_of(BrokerContext& context, const wire::DescribeTopicPartitionsRequest& request) {
  std::vector<std::string_view> names;
  names.reserve(request.topics.size());
  for (const auto& topic : request.topics) names.push_back(topic.name);
  if (names.empty()) {
    for (const auto* meta : context.log.topics()) names.push_back(meta->name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (request.cursor) names.erase(names.begin(), std::ranges::lower_bound(names, request.cursor->topic_name));
  return names;
}

}  // namespace

void handle_describe_topic_partitions(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeTopicPartitionsRequest>(context, request);
  if (!message) return;
  Page response;
  std::int32_t left = std::clamp(message->response_partition_limit, 1, kPagePartitionsMax);
  for (const auto name : names_of(context, *message)) {
    const bool resumed = message->cursor && message->cursor->topic_name == name;
    const std::int32_t first = resumed ? std::max(message->cursor->partition_index.value(), 0) : 0;
    if (left == 0) {
      response.next_cursor = {name, PartitionId(first)};
      break;
    }
    const auto* meta = context.log.topic(name);
    if (meta == nullptr) {
      response.topics.push_back(missing(name));
      continue;
    }
    auto& out = response.topics.emplace_back();
    out.name = meta->name;
    out.topic_id = to_wire(meta->id);
    out.is_internal = is_internal_topic(meta->name);
    out.topic_authorized_operations = kTopicOperations;
    std::int32_t i = first;
    for (; i < meta->partition_count && left > 0; ++i, --left) {
      out.partitions.push_back(describe(context, *meta, PartitionId(i)));
    }
    if (i < meta->partition_count) {
      response.next_cursor = {meta->name, PartitionId(i)};
      break;
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
