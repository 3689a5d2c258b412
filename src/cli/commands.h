// One function a subcommand; each in commands/NAME.cc, where its options and its help stand.
#pragma once

#include "cli/command.h"

namespace antiphon::cli {

int run_broker_command(const Arguments& arguments);   // in the program `antiphon` only
int exec_broker_command(const Arguments& arguments);  // in antiphon-stages: hands over to the program beside it
int run_up_command(const Arguments& arguments);
int run_select_command(const Arguments& arguments);
int run_studio_command(const Arguments& arguments);
int run_archive_command(const Arguments& arguments);
int run_status_command(const Arguments& arguments);
int run_doctor_command(const Arguments& arguments);
int run_recording_command(const Arguments& arguments);

}  // namespace antiphon::cli
