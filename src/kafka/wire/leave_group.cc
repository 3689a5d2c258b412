#include "kafka/wire/leave_group.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(LeaveGroupRequest)
ANTIPHON_WIRE_MESSAGE(LeaveGroupResponse)
