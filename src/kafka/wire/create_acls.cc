#include "kafka/wire/create_acls.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(CreateAclsRequest)
ANTIPHON_WIRE_MESSAGE(CreateAclsResponse)
