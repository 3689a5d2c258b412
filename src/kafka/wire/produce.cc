#include "kafka/wire/produce.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ProduceRequest)
ANTIPHON_WIRE_MESSAGE(ProduceResponse)
