#include "kafka/wire/add_partitions_to_txn.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AddPartitionsToTxnRequest)
ANTIPHON_WIRE_MESSAGE(AddPartitionsToTxnResponse)
