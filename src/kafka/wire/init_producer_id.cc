#include "kafka/wire/init_producer_id.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(InitProducerIdRequest)
ANTIPHON_WIRE_MESSAGE(InitProducerIdResponse)
