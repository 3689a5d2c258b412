#include "kafka/wire/fetch.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(FetchRequest)
ANTIPHON_WIRE_MESSAGE(FetchResponse)
