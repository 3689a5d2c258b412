#include "kafka/wire/describe_transactions.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeTransactionsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeTransactionsResponse)
