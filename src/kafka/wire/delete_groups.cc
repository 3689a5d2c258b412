#include "kafka/wire/delete_groups.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DeleteGroupsRequest)
ANTIPHON_WIRE_MESSAGE(DeleteGroupsResponse)
