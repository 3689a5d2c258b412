// The background thread's part of a pass: some pieces of a Cleaner's work, and at its end the file of positions.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kafka/log/compaction/cleaner.h"
#include "kafka/log/compaction/positions.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::log {

constexpr int kCleanerPiecesPerJob = 4;  // then a checkpoint may have its turn

// Between the job and a reactor that takes the partition's folder away: whoever holds the mutex has it to himself, and
// once it is cancelled no job touches it again. It is held for one piece at a time.
struct CleaningGuard {
  std::mutex mutex;
  bool cancelled = false;
};

class CompactionJob final : public BackgroundJob {
 public:
  CompactionJob(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  void run() override;

  // Filled by the reactor before run().
  PartitionKey partition;
  std::unique_ptr<Cleaner> cleaner;  // null after an error and at the end of the pass
  std::shared_ptr<CleaningGuard> guard;
  CleanerPositions positions;  // of all partitions; this one's clean end is set when its pass is over
  bool begins = false;         // the pass: the positions are written before anything is changed

  // For the reactor after run().
  Cleaner::Progress progress = Cleaner::Progress::kMore;
  std::optional<Error> error;
  bool unsettled = false;  // with an error: see Cleaner::unsettled()
  Offset clean_end{0};     // with kDone
  std::uint64_t bytes_read = 0;

 private:
  Result<> write_positions();
  void run_pieces();

  FileSystem& files_;
  std::string directory_;
};

}  // namespace antiphon::kafka::log
