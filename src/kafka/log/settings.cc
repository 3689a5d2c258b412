#include "kafka/log/settings.h"

#include <fmt/format.h>

namespace antiphon::kafka::log {

Result<> LogSettings::validate() const {
  const auto refuse = [](std::string text) { return make_error(ErrorKind::kUsage, std::move(text)); };
  if (data_directory.empty()) return refuse("the log's data directory is not set");
  if (journal_bytes < kJournalBytesMin || journal_bytes > kJournalBytesMax || journal_bytes % 4096 != 0) {
    return refuse(fmt::format("journal_bytes {}: a multiple of 4096 from {} to {}", journal_bytes, kJournalBytesMin,
                              kJournalBytesMax));
  }
  if (journal_batch_bytes_max > kJournalBatchBytesMax) {
    return refuse(
        fmt::format("journal_batch_bytes_max {}: at most {}", journal_batch_bytes_max, kJournalBatchBytesMax));
  }
  if (journal_batch_bytes_max == 0 || journal_queue_bytes_max == 0)
    return refuse("the journal's limits must be above 0");
  if (open_files_max < 8) return refuse("open_files_max: at least 8");
  if (checkpoint_interval.count() <= 0) return refuse("checkpoint_interval: above 0");
  return {};
}

}  // namespace antiphon::kafka::log
