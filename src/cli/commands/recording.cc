#include "tools/recording.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/kafka_options.h"
#include "cli/process.h"
#include "core/uuid.h"

namespace antiphon::cli {
namespace {

Result<> write_out(ByteView data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const auto n = ::write(STDOUT_FILENO, data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "standard output");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<> bring(const KafkaOptions& kafka, const std::string& id) {
  if (!is_uuid_v7(id))
    return make_error(ErrorKind::kUsage,
                      fmt::format("'{}' is no recording id (a UUID of version 7, as a receipt gives it)", id));
  if (::isatty(STDOUT_FILENO) == 1)
    return make_error(ErrorKind::kUsage, "a voice is a file, not text: add  > voice.webm");
  ANTIPHON_TRY(topics, events::Topics::in(kafka.name_space));
  ANTIPHON_TRY(connection, kafka.connection("recording", "0"));
  tools::RecordingSearch search;
  search.on_progress = [](std::int64_t records) {
    if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r{} recordings looked at", records);
  };
  ANTIPHON_TRY(found, tools::find_recording(connection, topics, RecordingId(id), search));
  return write_out(found.audio);
}

}  // namespace

int run_recording_command(const Arguments& arguments) {
  Options options("recording", "Brings one voice out of the recordings topic: antiphon recording ID > voice.webm");
  KafkaOptions kafka;
  kafka.add_connection_to(options);
  std::string id;
  options.add_positional("ID", id, "the recording id, as the receipt gives it")->required();
  options.footer("The audio file goes to standard output as it was sent; its type is in its first bytes.");
  if (const auto code = options.parse(arguments)) return *code;
  return finish("recording", bring(kafka, id));
}

}  // namespace antiphon::cli
