#include "kafka/wire/describe_producers.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeProducersRequest)
ANTIPHON_WIRE_MESSAGE(DescribeProducersResponse)
