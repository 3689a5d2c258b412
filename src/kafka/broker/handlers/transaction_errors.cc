// Which error of a transaction a client of which version is told.
#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {

using wire::ErrorCode;

ErrorCode fenced_as_of(wire::ApiVersion version, wire::ApiVersion first_version, ErrorCode error) {
  const bool unknown_to_it = version < first_version && error == ErrorCode::kProducerFenced;
  return unknown_to_it ? ErrorCode::kInvalidProducerEpoch : error;
}

ErrorCode verify_transaction(BrokerContext& context, std::string_view transactional_id, const ProducerIdentity& who,
                             const TopicPartition& partition, bool knows_abortable) {
  const ErrorCode error = context.transactions.verify(transactional_id, who, partition);
  switch (error) {
    case ErrorCode::kProducerFenced:
      return ErrorCode::kInvalidProducerEpoch;
    case ErrorCode::kTransactionAbortable:
      return knows_abortable ? error : ErrorCode::kInvalidTxnState;
    default:
      return error;
  }
}

}  // namespace antiphon::kafka::broker
