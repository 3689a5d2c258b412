#include "kafka/wire/txn_offset_commit.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(TxnOffsetCommitRequest)
ANTIPHON_WIRE_MESSAGE(TxnOffsetCommitResponse)
