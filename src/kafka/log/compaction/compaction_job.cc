#include "kafka/log/compaction/compaction_job.h"

namespace antiphon::kafka::log {

Result<> CompactionJob::write_positions() {
  return write_file_atomically(files_, cleaner_positions_path(directory_), encode_cleaner_positions(positions));
}

void CompactionJob::run_pieces() {
  if (begins) {
    if (auto written = write_positions(); !written) {
      error = std::move(written).error();
      return;
    }
  }
  for (int piece = 0; piece < kCleanerPiecesPerJob && progress == Cleaner::Progress::kMore; ++piece) {
    const std::lock_guard lock(guard->mutex);
    if (guard->cancelled) {
      error = make_error(ErrorKind::kCancelled, "the topic was deleted");
      return;
    }
    auto done = cleaner->run();
    if (!done) {
      error = std::move(done).error();
      unsettled = cleaner->unsettled();
      return;
    }
    progress = *done;
  }
}

void CompactionJob::run() {
  const std::uint64_t before = cleaner->bytes_read();
  run_pieces();
  bytes_read = cleaner->bytes_read() - before;
  if (!error && progress != Cleaner::Progress::kDone) return;
  clean_end = cleaner->clean_end();
  const std::lock_guard lock(guard->mutex);
  cleaner.reset();  // its files are removed here, not by the reactor
  if (error) return;
  positions[partition].clean = clean_end;
  if (auto written = write_positions(); !written) error = std::move(written).error();
}

}  // namespace antiphon::kafka::log
