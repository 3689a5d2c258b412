#include "kafka/wire/describe_client_quotas.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeClientQuotasRequest)
ANTIPHON_WIRE_MESSAGE(DescribeClientQuotasResponse)
