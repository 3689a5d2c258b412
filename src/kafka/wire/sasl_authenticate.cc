#include "kafka/wire/sasl_authenticate.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(SaslAuthenticateRequest)
ANTIPHON_WIRE_MESSAGE(SaslAuthenticateResponse)
