#include "kafka/wire/describe_topic_partitions.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeTopicPartitionsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeTopicPartitionsResponse)
