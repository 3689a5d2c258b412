#include "kafka/wire/list_partition_reassignments.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ListPartitionReassignmentsRequest)
ANTIPHON_WIRE_MESSAGE(ListPartitionReassignmentsResponse)
