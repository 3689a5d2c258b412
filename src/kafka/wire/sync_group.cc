#include "kafka/wire/sync_group.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(SyncGroupRequest)
ANTIPHON_WIRE_MESSAGE(SyncGroupResponse)
