// DescribeProducers, version 0 (KIP-664): what partitions remember of producers.
#include "kafka/wire/describe_producers.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_describe_producers(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeProducersRequest>(context, request);
  if (!message) return;
  wire::DescribeProducersResponse response;
  for (const auto& topic : message->topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = topic.name;
    for (const PartitionId index : topic.partition_indexes) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = index;
      log::Partition* partition = context.log.partition(topic.name, index);
      if (partition == nullptr) {
        out.error_code = wire::ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      for (const auto& producer : partition->producers().producers()) {
        wire::DescribeProducersResponse::ProducerState state;
        state.producer_id = producer.id;
        state.producer_epoch = producer.epoch.value();
        if (producer.batch_count > 0) state.last_sequence = producer.batches[producer.batch_count - 1U].last_sequence;
        state.last_timestamp = producer.last_timestamp_ms;
        state.coordinator_epoch = producer.coordinator_epoch;
        state.current_txn_start_offset = partition->open_transaction(producer.id).value_or(Offset(-1));
        out.active_producers.push_back(state);
      }
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
