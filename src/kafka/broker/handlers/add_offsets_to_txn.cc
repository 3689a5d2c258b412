// AddOffsetsToTxn, versions 0 to 4.
// KIPs: 98, 588 (PRODUCER_FENCED from 2). Adds the group's partition of __consumer_offsets to the transaction.
#include "kafka/wire/add_offsets_to_txn.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_add_offsets_to_txn(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::AddOffsetsToTxnRequest>(context, request);
  if (!message) return;
  const auto answer = [&context, to = ReplyStub::of(request)](wire::ErrorCode error) {
    wire::AddOffsetsToTxnResponse response;
    response.error_code = fenced_as_of(to.version, 2, error);
    context.respond(to, response);
  };
  if (message->group_id.empty()) return answer(wire::ErrorCode::kInvalidGroupId);
  if (!context.offsets_topic.ensure()) return answer(wire::ErrorCode::kCoordinatorNotAvailable);
  const TopicPartition partition{std::string(kOffsetsTopic), context.offsets_topic.partition_id_of(message->group_id)};
  context.transactions.add_partitions(std::string(message->transactional_id),
                                      {message->producer_id, message->producer_epoch}, {partition}, answer,
                                      context.now());
}

}  // namespace antiphon::kafka::broker
