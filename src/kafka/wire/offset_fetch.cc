#include "kafka/wire/offset_fetch.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(OffsetFetchRequest)
ANTIPHON_WIRE_MESSAGE(OffsetFetchResponse)
