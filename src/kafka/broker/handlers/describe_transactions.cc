// DescribeTransactions, version 0 (KIP-664). An id that the coordinator does not know: TRANSACTIONAL_ID_NOT_FOUND.
#include "kafka/wire/describe_transactions.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_describe_transactions(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::DescribeTransactionsRequest>(context, request);
  if (!message) return;
  wire::DescribeTransactionsResponse response;
  for (const auto id : message->transactional_ids) {
    auto& out = response.transaction_states.emplace_back();
    out.transactional_id = id;
    const Transaction* transaction = context.transactions.find(id);
    if (transaction == nullptr) {
      out.error_code = id.empty() ? wire::ErrorCode::kInvalidRequest : wire::ErrorCode::kTransactionalIdNotFound;
      continue;
    }
    out.transaction_state = to_string(transaction->state);
    out.transaction_timeout_ms = transaction->timeout_ms;
    out.transaction_start_time_ms = transaction->start_ms;
    out.producer_id = transaction->producer_id;
    out.producer_epoch = transaction->epoch;
    for (const auto& [topic, partition] : transaction->partitions) {  // ordered by topic
      if (out.topics.empty() || out.topics.back().topic != topic) out.topics.push_back({topic, {}});
      out.topics.back().partitions.push_back(partition);
    }
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
