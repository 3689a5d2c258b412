#include "kafka/wire/alter_partition_reassignments.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AlterPartitionReassignmentsRequest)
ANTIPHON_WIRE_MESSAGE(AlterPartitionReassignmentsResponse)
