#include "kafka/log/compaction/compactor.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/logging.h"
#include "kafka/log/partition_log.h"

namespace antiphon::kafka::log {

Result<std::optional<CleanerPositions>> Compactor::load(std::vector<std::string>& notices) {
  const std::string path = cleaner_positions_path(directory_);
  auto bytes = read_file(files_, path, kCleanerPositionsBytesMax);
  if (!bytes && bytes.error().kind == ErrorKind::kNotFound) return std::optional(CleanerPositions());
  if (!bytes) return std::move(bytes).error();
  auto decoded = decode_cleaner_positions(*bytes);
  if (decoded) return std::optional(std::move(*decoded));
  notices.push_back(path + ": " + decoded.error().message + "; all is cleaned again");
  return std::optional<CleanerPositions>();
}

void Compactor::consider(WallTime now, std::span<PartitionLog* const> partitions) {
  const std::int64_t now_ms = to_unix_ms(now);
  considered_ms_ = now_ms;
  PartitionLog* best = nullptr;
  CleaningChoice best_choice;
  dirty_ratio_max_ = 0;
  if (!active_) positions_.clear();
  for (PartitionLog* const partition : partitions) {
    if (!partition->config().compacts) continue;
    if (!active_) {
      const CleaningState& state = partition->cleaning();
      positions_[{partition->topic_id(), partition->id()}] = {state.first_dirty, state.touched};
    }
    PartitionCleaner cleaner(*partition);
    if (auto rolled = cleaner.roll_if_due(now_ms); !rolled) {
      logging::warn("a segment could not be sealed for compaction",
                    {{"topic", partition->topic()}, {"partition", partition->id()}, {"error", rolled.error().message}});
    }
    auto choice = cleaner.choose(now_ms);
    if (!choice) {
      failed(partition, choice.error(), false);
      continue;
    }
    if (!*choice) continue;
    dirty_ratio_max_ = std::max(dirty_ratio_max_, (*choice)->dirty_ratio());
    if ((*choice)->reason.empty()) continue;
    if (best != nullptr && (*choice)->dirty_ratio() <= best_choice.dirty_ratio()) continue;
    best = partition;
    best_choice = **choice;
  }
  if (best != nullptr && !active_) start(*best, best_choice, now_ms);
}

void Compactor::start(PartitionLog& partition, const CleaningChoice& choice, std::int64_t now_ms) {
  auto plan = PartitionCleaner(partition).plan(choice, now_ms);
  if (!plan) return failed(&partition, plan.error(), false);
  partition.cleaning().running = true;
  key_ = {partition.topic_id(), partition.id()};
  Offset& touched = partition.cleaning().touched;
  touched = std::max(touched, plan->segments.back().end);
  positions_[key_].touched = touched;
  begins_ = true;
  now_ms_ = now_ms;
  guard_ = std::make_shared<CleaningGuard>();
  cleaner_ = std::make_unique<Cleaner>(files_, std::move(*plan));
  active_ = true;
  logging::info("compaction begins", {{"topic", partition.topic()},
                                      {"partition", partition.id()},
                                      {"segments", choice.segments},
                                      {"dirty_bytes", choice.dirty_bytes},
                                      {"clean_bytes", choice.clean_bytes},
                                      {"reason", choice.reason}});
}

std::unique_ptr<BackgroundJob> Compactor::begin(const Find& find) {
  if (!cleaner_) return nullptr;
  PartitionLog* const partition = find(key_);
  if (partition == nullptr || partition->failure()) {
    if (partition != nullptr) partition->cleaning().left_alone |= cleaner_->unsettled();
    if (partition != nullptr) partition->cleaning().running = false;
    end_pass();
    return nullptr;
  }
  auto job = std::make_unique<CompactionJob>(files_, directory_);
  job->partition = key_;
  job->cleaner = std::move(cleaner_);
  job->guard = guard_;
  job->positions = positions_;
  job->begins = std::exchange(begins_, false);
  return job;
}

bool Compactor::finish(CompactionJob& job, const Find& find) {
  bytes_read_ += job.bytes_read;
  cleaner_ = std::move(job.cleaner);
  PartitionLog* const partition = find(key_);
  if (partition == nullptr || guard_->cancelled) {
    end_pass();
    return true;
  }
  if (job.error) {
    failed(partition, *job.error, job.unsettled);
    end_pass();
    return true;
  }
  switch (job.progress) {
    case Cleaner::Progress::kMore:
      return false;
    case Cleaner::Progress::kPublished:
      taken_ = cleaner_->swapped();
      if (auto taken = PartitionCleaner(*partition).take(taken_); !taken) {
        failed(partition, taken.error(), true);
        end_pass();
        return true;
      }
      return false;
    case Cleaner::Progress::kSettled: {
      PartitionCleaner(*partition).settle(taken_);
      const FilterCounts& counts = taken_.counts;
      records_removed_ += counts.removed();
      bytes_removed_ += taken_.bytes_before - std::min(taken_.bytes_before, taken_.bytes_after);
      logging::info("compaction removed records", {{"topic", partition->topic()},
                                                   {"partition", partition->id()},
                                                   {"first_offset", taken_.base},
                                                   {"next_offset", taken_.end},
                                                   {"segments", taken_.segments},
                                                   {"bytes_before", taken_.bytes_before},
                                                   {"bytes_after", taken_.bytes_after},
                                                   {"superseded", counts.superseded},
                                                   {"tombstones_expired", counts.tombstones},
                                                   {"keyless", counts.keyless},
                                                   {"aborted", counts.aborted},
                                                   {"markers", counts.markers}});
      return false;
    }
    case Cleaner::Progress::kDone:
      break;
  }
  partition->cleaning().first_dirty = job.clean_end;
  partition->cleaning().running = false;
  ++passes_;
  last_pass_ms_ = now_ms_;
  end_pass();
  return true;
}

void Compactor::failed(PartitionLog* partition, const Error& error, bool unsettled) {
  CleaningState& state = partition->cleaning();
  state.running = false;
  const bool disk = error.kind == ErrorKind::kIo || error.kind == ErrorKind::kPermission;
  if (disk && !unsettled) {
    state.not_before_ms = considered_ms_ + kCompactionRetryMs;
    logging::warn("compaction failed and will be tried again",
                  {{"topic", partition->topic()}, {"partition", partition->id()}, {"error", error.message}});
    return;
  }
  state.left_alone = true;
  ++left_alone_;
  logging::error("compaction leaves a partition alone until the next start",
                 {{"topic", partition->topic()}, {"partition", partition->id()}, {"error", error.message}});
}

void Compactor::end_pass() {
  cleaner_.reset();
  active_ = false;
}

void Compactor::forget(const TopicId& topic) {
  if (!active_ || key_.first != topic) return;
  const std::lock_guard lock(guard_->mutex);
  guard_->cancelled = true;
  if (cleaner_) end_pass();
}

void Compactor::add_metrics(LogMetrics& metrics) const {
  metrics.compaction_passes = passes_;
  metrics.compaction_last_pass_ms = last_pass_ms_;
  metrics.compaction_bytes_read = bytes_read_;
  metrics.compaction_bytes_removed = bytes_removed_;
  metrics.compaction_records_removed = records_removed_;
  metrics.compaction_left_alone = left_alone_;
  metrics.compaction_dirty_ratio_max = dirty_ratio_max_;
}

}  // namespace antiphon::kafka::log
