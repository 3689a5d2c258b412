#include "kafka/wire/describe_user_scram_credentials.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(DescribeUserScramCredentialsRequest)
ANTIPHON_WIRE_MESSAGE(DescribeUserScramCredentialsResponse)
