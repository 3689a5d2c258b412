// InitProducerId, versions 0 to 5. KIPs: 98, 360 (a producer id and epoch of 3+ are not needed without transactions: a
// new id is as good), 890 (5 promises nothing here). Not implemented: transactional ids (UNSUPPORTED_VERSION, which
// every client takes for final).
#include "kafka/wire/init_producer_id.h"

#include "core/logging.h"
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

void handle_init_producer_id(BrokerContext& context, const Request& request) {
  const auto message = decode<wire::InitProducerIdRequest>(context, request);
  if (!message) return;
  wire::InitProducerIdResponse response;
  response.producer_epoch = ProducerEpoch(-1);
  if (message->transactional_id) {
    response.error_code =
        message->transactional_id->empty() ? wire::ErrorCode::kInvalidRequest : wire::ErrorCode::kUnsupportedVersion;
    return context.respond(request, response);
  }
  if (const auto id = context.producer_ids.next()) {
    response.producer_id = *id;
    response.producer_epoch = ProducerEpoch(0);
  } else {
    logging::error("a block of producer ids could not be made durable", {{"error", id.error().message}});
    response.error_code = wire::ErrorCode::kCoordinatorNotAvailable;
  }
  context.respond(request, response);
}

}  // namespace antiphon::kafka::broker
