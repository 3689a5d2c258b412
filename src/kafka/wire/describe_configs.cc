#include "kafka/wire/describe_configs.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeConfigsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeConfigsResponse)
