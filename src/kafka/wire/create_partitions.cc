#include "kafka/wire/create_partitions.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(CreatePartitionsRequest)
ANTIPHON_WIRE_MESSAGE(CreatePartitionsResponse)
