#include "kafka/wire/alter_replica_log_dirs.h"

#include "kafka/wire/codec.h"

ANTIPHON_WIRE_MESSAGE(AlterReplicaLogDirsRequest)
ANTIPHON_WIRE_MESSAGE(AlterReplicaLogDirsResponse)
