#include "kafka/wire/heartbeat.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(HeartbeatRequest)
ANTIPHON_WIRE_MESSAGE(HeartbeatResponse)
