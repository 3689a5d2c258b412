// EndTxn, versions 0 to 4.
// KIPs: 98, 588 (PRODUCER_FENCED from 2), 890 part 1. Answered when the outcome, and then a marker in every partition
// of the transaction, is on stable storage: whoever reads committed records sees it whole. Not implemented: version 5
// (KIP-890 part 2: an epoch of its own for every transaction).
#include "kafka/wire/end_txn.h"

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_end_txn(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::EndTxnRequest>(context, request);
  if (!message) return;
  context.transactions.end(
      std::string(message->transactional_id), {message->producer_id, message->producer_epoch}, message->committed,
      [&context, to = ReplyStub::of(request)](wire::ErrorCode error) {
        wire::EndTxnResponse response;
        response.error_code = fenced_as_of(to.version, 2, error);
        context.respond(to, response);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
