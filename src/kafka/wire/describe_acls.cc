#include "kafka/wire/describe_acls.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeAclsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeAclsResponse)
