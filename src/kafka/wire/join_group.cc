#include "kafka/wire/join_group.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(JoinGroupRequest)
ANTIPHON_WIRE_MESSAGE(JoinGroupResponse)
