#include "kafka/wire/find_coordinator.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(FindCoordinatorRequest)
ANTIPHON_WIRE_MESSAGE(FindCoordinatorResponse)
