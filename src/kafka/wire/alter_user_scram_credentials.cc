#include "kafka/wire/alter_user_scram_credentials.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AlterUserScramCredentialsRequest)
ANTIPHON_WIRE_MESSAGE(AlterUserScramCredentialsResponse)
