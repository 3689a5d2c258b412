#include "kafka/wire/elect_leaders.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ElectLeadersRequest)
ANTIPHON_WIRE_MESSAGE(ElectLeadersResponse)
