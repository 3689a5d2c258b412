#include "kafka/wire/alter_configs.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AlterConfigsRequest)
ANTIPHON_WIRE_MESSAGE(AlterConfigsResponse)
