#include "kafka/wire/list_offsets.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ListOffsetsRequest)
ANTIPHON_WIRE_MESSAGE(ListOffsetsResponse)
