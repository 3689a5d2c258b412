#include "kafka/wire/delete_acls.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DeleteAclsRequest)
ANTIPHON_WIRE_MESSAGE(DeleteAclsResponse)
