// InitProducerId, versions 0 to 5.
// KIPs: 98 (an identity for idempotent producers; for transactional ids one that fences the instance before), 360 (from
// 3: the identity that the client has; its epoch is raised only if it still is the last one), 588 (PRODUCER_FENCED from
// 4, INVALID_PRODUCER_EPOCH before), 890 part 1. A transactional id's answer waits until its state is on stable
// storage; while its transaction is open, that is aborted first and the client is told CONCURRENT_TRANSACTIONS. Without
// a transactional id every answer is a new producer id: as good as a raised epoch.
#include "kafka/wire/init_producer_id.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

void init_idempotent(BrokerContext& context, const Request& request) {
  wire::InitProducerIdResponse response;
  response.producer_epoch = ProducerEpoch(-1);
  if (const auto id = context.producer_ids.next()) {
    response.producer_id = *id;
    response.producer_epoch = ProducerEpoch(0);
  } else {
    logging::error("a block of producer ids could not be made durable", {{"error", id.error().message}});
    response.error_code = wire::ErrorCode::kCoordinatorNotAvailable;
  }
  context.respond(request, response);
}

}  // namespace

void handle_init_producer_id(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::InitProducerIdRequest>(context, request);
  if (!message) return;
  const bool names_identity = message->producer_id.value() >= 0;
  if (names_identity != (message->producer_epoch.value() >= 0)) {
    wire::InitProducerIdResponse response;
    response.producer_epoch = ProducerEpoch(-1);
    response.error_code = wire::ErrorCode::kInvalidRequest;
    return context.respond(request, response);
  }
  if (!message->transactional_id) return init_idempotent(context, request);
  TransactionCoordinator::InitRequest init;
  init.transactional_id = *message->transactional_id;
  init.timeout_ms = message->transaction_timeout_ms;
  if (names_identity) init.expected = ProducerIdentity{message->producer_id, message->producer_epoch};
  context.transactions.init(
      init,
      [&context, to = ReplyStub::of(request)](wire::ErrorCode error, ProducerIdentity identity) {
        wire::InitProducerIdResponse response;
        response.error_code = fenced_as_of(to.version, 4, error);
        response.producer_id = identity.id;
        response.producer_epoch = identity.epoch;
        context.respond(to, response);
      },
      context.now());
}

}  // namespace antiphon::kafka::broker
