#include "kafka/wire/list_transactions.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ListTransactionsRequest)
ANTIPHON_WIRE_MESSAGE(ListTransactionsResponse)
