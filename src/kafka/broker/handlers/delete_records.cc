// DeleteRecords, versions 0 to 2 (KIP-107). -1: up to the high watermark. What lies below the new start is served no
// more; it is durable with the log's next checkpoint.
#include "kafka/wire/delete_records.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

void delete_up_to(BrokerContext& context, const Request& request, std::string_view topic, Offset asked,
                  log::Partition& partition, wire::DeleteRecordsResponse::Partition& out) {
  using wire::ErrorCode;
  const Offset end = partition.high_watermark();
  const Offset to = asked.value() == -1 ? end : asked;
  if (is_internal_topic(topic)) {
    out.error_code = ErrorCode::kInvalidTopicException;
  } else if (context.policy_of(*context.log.topic(topic)).compacted &&
             !log::partition_config(context.log.topic(topic)->config, {}).deletes) {
    out.error_code = ErrorCode::kPolicyViolation;  // a compacted topic keeps the last value of each key
  } else if (to.value() < 0 || to > end) {
    out.error_code = ErrorCode::kOffsetOutOfRange;
  } else if (to > partition.log_start_offset()) {
    if (const auto moved = partition.advance_log_start(to); !moved) {
      out.error_code = to_wire_error(moved.error());
      return;
    }
    logging::info(
        "records deleted",
        {{"topic", topic}, {"partition", out.partition_index}, {"below_offset", to}, {"client", request.client_host}});
  }
  if (out.error_code == ErrorCode::kNone) out.low_watermark = partition.log_start_offset();
}

}  // namespace

void handle_delete_records(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DeleteRecordsRequest>(context, request);
  if (!message) return;
  wire::DeleteRecordsResponse response;
  for (const auto& topic : message->topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = asked.partition_index;
      out.low_watermark = Offset(-1);
      log::Partition* partition = context.log.partition(topic.name, asked.partition_index);
      if (partition == nullptr) {
        out.error_code = wire::ErrorCode::kUnknownTopicOrPartition;
      } else {
        delete_up_to(context, request, topic.name, asked.offset, *partition, out);
      }
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
