#include "kafka/wire/api_versions.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(ApiVersionsRequest)
ANTIPHON_WIRE_MESSAGE(ApiVersionsResponse)
