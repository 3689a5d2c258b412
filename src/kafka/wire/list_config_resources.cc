#include "kafka/wire/list_config_resources.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ListConfigResourcesRequest)
ANTIPHON_WIRE_MESSAGE(ListConfigResourcesResponse)
