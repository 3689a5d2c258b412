#include "kafka/wire/metadata.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(MetadataRequest)
ANTIPHON_WIRE_MESSAGE(MetadataResponse)
