// How the stages of one `antiphon up` reach Kafka when it is secured: a file DATA/kafka-client.properties (mode 0600)
// that every stage, and any person with kcat -F, is given by its path, so that no secret stands on a command line.
#pragma once

#include "cli/up/up_settings.h"
#include "core/file_system.h"

namespace antiphon::cli {

// The user that the stages are to an embedded broker with --kafka-sasl.
constexpr const char* kStageUser = "antiphon";

// Writes the file and lets settings.kafka name it; without any property there is none. With --kafka-sasl it makes the
// stages' user with a password of its own, unless the settings bring a sasl.username. Before the broker starts.
Result<> prepare_client_config(FileSystem& files, UpSettings& settings);

}  // namespace antiphon::cli
