#include "kafka/wire/consumer_group_describe.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ConsumerGroupDescribeRequest)
ANTIPHON_WIRE_MESSAGE(ConsumerGroupDescribeResponse)
