// DeleteGroups, versions 0 to 2 (KIP-229), and OffsetDelete, version 0 (KIP-496): empty groups only.
// Answered when the deletion is on stable storage.
#include "kafka/wire/delete_groups.h"

#include "kafka/broker/handlers/handlers.h"
#include "kafka/wire/offset_delete.h"

namespace antiphon::kafka::broker {

void handle_delete_groups(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteGroupsRequest>(context, request);
  if (!message) return;
  struct Pending {
    ReplyStub to;
    std::vector<std::pair<std::string, wire::ErrorCode>> results;
    std::size_t left = 0;
  };
  auto pending = std::make_shared<Pending>();
  pending->to = ReplyStub::of(request);
  for (const auto group : message->groups_names)
    pending->results.emplace_back(std::string(group), wire::ErrorCode::kNone);
  pending->left = pending->results.size() + 1;
  const auto finish = [&context, pending] {
    if (--pending->left > 0) return;
    wire::DeleteGroupsResponse response;
    for (const auto& [group, error] : pending->results) response.results.push_back({group, error});
    context.respond(pending->to, response);
  };
  for (std::size_t i = 0; i < pending->results.size(); ++i) {
    context.groups.remove_group(pending->results[i].first, [pending, finish, i](wire::ErrorCode error) {
      pending->results[i].second = error;
      finish();
    });
  }
  finish();
}

void handle_offset_delete(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::OffsetDeleteRequest>(context, request);
  if (!message) return;
  std::vector<std::pair<std::string, PartitionId>> which;
  for (const auto& topic : message->topics) {
    for (const auto& partition : topic.partitions)
      which.emplace_back(std::string(topic.name), partition.partition_index);
  }
  context.groups.delete_offsets(std::string(message->group_id), which,
                                [&context, to = ReplyStub::of(request), which](wire::ErrorCode error) {
                                  wire::OffsetDeleteResponse response;
                                  response.error_code = error;
                                  for (const auto& [topic, partition] : which) {
                                    if (error != wire::ErrorCode::kNone) break;
                                    if (response.topics.empty() || response.topics.back().name != topic)
                                      response.topics.emplace_back().name = topic;
                                    auto& out = response.topics.back().partitions.emplace_back();
                                    out.partition_index = partition;
                                  }
                                  context.respond(to, response);
                                });
}

}  // namespace antiphon::kafka::broker
