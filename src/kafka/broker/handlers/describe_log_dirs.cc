// DescribeLogDirs, versions 0 to 4. KIPs: 113, 827 (total and usable bytes from 4: unknown here, -1). One directory.
#include "kafka/wire/describe_log_dirs.h"

#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using Answer = wire::DescribeLogDirsResponse;

void describe(BrokerContext& context, const log::TopicMeta& meta, const std::vector<PartitionId>* chosen,
              Answer::LogDirResult& out) {
  auto& topic = out.topics.emplace_back();
  topic.name = meta.name;
  for (std::int32_t i = 0; i < meta.partition_count; ++i) {
    const PartitionId id(i);
    if (chosen != nullptr && std::find(chosen->begin(), chosen->end(), id) == chosen->end()) continue;
    const auto* partition = context.log.partition(meta.id, id);
    if (partition == nullptr) continue;
    auto& part = topic.partitions.emplace_back();
    part.partition_index = id;
    part.partition_size = static_cast<std::int64_t>(partition->size_bytes());
  }
}

}  // namespace

void handle_describe_log_dirs(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeLogDirsRequest>(context, request);
  if (!message) return;
  Answer response;
  auto& out = response.results.emplace_back();
  out.log_dir = context.settings.data_dir;
  if (!message->topics) {
    for (const auto* meta : context.log.topics()) describe(context, *meta, nullptr, out);
  } else {
    for (const auto& topic : *message->topics) {
      if (const auto* meta = context.log.topic(topic.topic)) describe(context, *meta, &topic.partitions, out);
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
