#include "kafka/wire/transaction_records.h"

#include "kafka/wire/versioned_record.h"

namespace antiphon::kafka::wire {

Result<TransactionLogKey> read_transaction_key(ByteView key) {
  return read_versioned<TransactionLogKey>(key, "transaction log key");
}
Result<TransactionLogValue> read_transaction_value(ByteView value) {
  return read_versioned<TransactionLogValue>(value, "transaction log value");
}

Result<> write_key(Buffer& out, const TransactionLogKey& key) {
  return write_versioned(out, kTransactionLogKeyVersion, key, "transaction log key");
}
Result<> write_value(Buffer& out, const TransactionLogValue& value) {
  return write_versioned(out, kTransactionLogValueVersion, value, "transaction log value");
}

}  // namespace antiphon::kafka::wire

ANTIPHON_WIRE_MESSAGE(TransactionLogKey)
ANTIPHON_WIRE_MESSAGE(TransactionLogValue)
