#include "kafka/wire/delete_records.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DeleteRecordsRequest)
ANTIPHON_WIRE_MESSAGE(DeleteRecordsResponse)
