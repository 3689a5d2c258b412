#include "kafka/wire/describe_quorum.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeQuorumRequest)
ANTIPHON_WIRE_MESSAGE(DescribeQuorumResponse)
