#include "kafka/wire/end_txn.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(EndTxnRequest)
ANTIPHON_WIRE_MESSAGE(EndTxnResponse)
