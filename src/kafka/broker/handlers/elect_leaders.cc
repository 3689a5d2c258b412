// ElectLeaders, versions 0 to 2. KIPs: 183, 460 (unclean elections from 1). The one broker leads everything already:
// ELECTION_NOT_NEEDED for a partition that is named, nothing where all are asked for, as Kafka answers.
#include "kafka/wire/elect_leaders.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_elect_leaders(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::ElectLeadersRequest>(context, request);
  if (!message) return;
  wire::ElectLeadersResponse response;
  if (message->topic_partitions) {
    for (const auto& topic : *message->topic_partitions) {
      auto& out = response.replica_election_results.emplace_back();
      out.topic = topic.topic;
      for (const auto index : topic.partitions) {
        const bool there = context.log.partition(topic.topic, index) != nullptr;
        if (there) {
          out.partition_result.push_back(
              {index, wire::ErrorCode::kElectionNotNeeded, "Leader election not needed for topic partition."});
        } else {
          out.partition_result.push_back(
              {index, wire::ErrorCode::kUnknownTopicOrPartition, "The partition does not exist."});
        }
      }
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
