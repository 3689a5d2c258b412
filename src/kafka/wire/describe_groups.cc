#include "kafka/wire/describe_groups.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeGroupsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeGroupsResponse)
