#include "kafka/wire/list_groups.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ListGroupsRequest)
ANTIPHON_WIRE_MESSAGE(ListGroupsResponse)
