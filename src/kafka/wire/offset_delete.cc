#include "kafka/wire/offset_delete.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(OffsetDeleteRequest)
ANTIPHON_WIRE_MESSAGE(OffsetDeleteResponse)
