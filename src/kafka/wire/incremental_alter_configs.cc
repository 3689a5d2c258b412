#include "kafka/wire/incremental_alter_configs.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(IncrementalAlterConfigsRequest)
ANTIPHON_WIRE_MESSAGE(IncrementalAlterConfigsResponse)
