#include "kafka/wire/delete_topics.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DeleteTopicsRequest)
ANTIPHON_WIRE_MESSAGE(DeleteTopicsResponse)
