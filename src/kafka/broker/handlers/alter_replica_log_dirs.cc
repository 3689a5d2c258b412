// AlterReplicaLogDirs, versions 1 and 2. KIPs: 113. There is one log directory, where everything is: moving there is
// done, another is LOG_DIR_NOT_FOUND.
#include "kafka/wire/alter_replica_log_dirs.h"

#include <map>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_alter_replica_log_dirs(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::AlterReplicaLogDirsRequest>(context, request);
  if (!message) return;
  using Answer = wire::AlterReplicaLogDirsResponse;
  std::map<std::string_view, std::vector<Answer::PartitionResult>> results;  // a topic may stand under several folders
  for (const auto& dir : message->dirs) {
    const bool ours = dir.path == context.settings.data_dir;
    for (const auto& topic : dir.topics) {
      for (const auto index : topic.partitions) {
        auto error = ours ? wire::ErrorCode::kNone : wire::ErrorCode::kLogDirNotFound;
        if (context.log.partition(topic.name, index) == nullptr) error = wire::ErrorCode::kUnknownTopicOrPartition;
        results[topic.name].push_back({index, error});
      }
    }
  }
  Answer response;
  for (auto& [name, partitions] : results) response.results.push_back({name, std::move(partitions)});
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
