#include "kafka/wire/describe_log_dirs.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeLogDirsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeLogDirsResponse)
