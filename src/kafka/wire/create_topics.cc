#include "kafka/wire/create_topics.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(CreateTopicsRequest)
ANTIPHON_WIRE_MESSAGE(CreateTopicsResponse)
