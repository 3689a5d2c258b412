#include <array>

#include "cli/command.h"
#include "cli/commands.h"

namespace antiphon::cli {

std::span<const Command> commands() {
  static constexpr std::array kCommands{
      Command{"up", "starts everything on this machine: broker, selector, studio, archives", run_up_command},
      Command{"broker", "the embedded Kafka broker alone", exec_broker_command},
      Command{"select", "reads corpora and publishes one sentence at a time", run_select_command},
      Command{"studio", "shows sentences to people and takes their voices", run_studio_command},
      Command{"archive", "stores every recording in a folder or in S3", run_archive_command},
      Command{"status", "what runs, what flows, what waits, what failed", run_status_command},
      Command{"doctor", "explains a Kafka cluster, and which promises it would break", run_doctor_command},
      Command{"recording", "brings one voice out of the recordings topic", run_recording_command},
  };
  return kCommands;
}

}  // namespace antiphon::cli

int main(int argc, char** argv) { return antiphon::cli::dispatch(argc, argv, antiphon::cli::commands()); }
