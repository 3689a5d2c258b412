// A transactional id's state as a record of __transaction_state, in Kafka's own format (kafka/wire has its picture).
#pragma once

#include <string>

#include "core/result.h"
#include "kafka/broker/keyed_record.h"
#include "kafka/broker/txn/transaction.h"

namespace antiphon::kafka::broker {

KeyedRecord transaction_record(const std::string& transactional_id, const Transaction& transaction);
KeyedRecord transaction_tombstone(const std::string& transactional_id);

// Errors: kInvalidInput, kCorrupt (a state that there is none of).
Result<std::string> decode_transaction_key(ByteView key);
Result<Transaction> decode_transaction(ByteView value);

}  // namespace antiphon::kafka::broker
