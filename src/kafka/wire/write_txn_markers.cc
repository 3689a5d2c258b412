#include "kafka/wire/write_txn_markers.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(WriteTxnMarkersRequest)
ANTIPHON_WIRE_MESSAGE(WriteTxnMarkersResponse)
