#include "kafka/wire/offset_for_leader_epoch.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(OffsetForLeaderEpochRequest)
ANTIPHON_WIRE_MESSAGE(OffsetForLeaderEpochResponse)
