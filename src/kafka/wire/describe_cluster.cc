#include "kafka/wire/describe_cluster.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeClusterRequest)
ANTIPHON_WIRE_MESSAGE(DescribeClusterResponse)
