#include "kafka/wire/sasl_handshake.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(SaslHandshakeRequest)
ANTIPHON_WIRE_MESSAGE(SaslHandshakeResponse)
