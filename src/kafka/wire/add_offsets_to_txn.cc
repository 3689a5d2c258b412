#include "kafka/wire/add_offsets_to_txn.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AddOffsetsToTxnRequest)
ANTIPHON_WIRE_MESSAGE(AddOffsetsToTxnResponse)
