#include "kafka/wire/offset_commit.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(OffsetCommitRequest)
ANTIPHON_WIRE_MESSAGE(OffsetCommitResponse)
