// Appends, and what becomes of them. Who may append stands in partition_producers.cc, reads in partition_read.cc,
// recovery in partition_recovery.cc.
#include "kafka/log/partition_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace antiphon::kafka::log {

std::string_view to_string(AppendStatus status) {
  switch (status) {
    case AppendStatus::kAppended:
      return "appended";
    case AppendStatus::kDuplicate:
      return "duplicate";
    case AppendStatus::kOutOfOrderSequence:
      return "out of order sequence";
    case AppendStatus::kStaleEpoch:
      return "stale producer epoch";
    case AppendStatus::kInvalidTxnState:
      return "invalid transaction state";
    case AppendStatus::kCoordinatorFenced:
      return "stale coordinator epoch";
    case AppendStatus::kInvalidBatch:
      return "invalid batch";
    case AppendStatus::kStorageError:
      return "storage error";
  }
  return "unknown";
}

PartitionLog::PartitionLog(LogContext& context, const TopicMeta& topic, PartitionId id, const PartitionConfig& config)
    : context_(context),
      topic_(topic.name),
      directory_(fmt::format("{}/{}-{}", context.settings.data_directory, topic.name, id.value())),
      sync_(std::make_shared<PartitionSync>()),
      config_(config),
      transactions_(context.pool, directory_) {
  sync_->topic = topic.id;
  sync_->partition = id;
}

AppendResult PartitionLog::refuse(AppendStatus status, std::string error) const {
  AppendResult result;
  result.status = status;
  result.error = fmt::format("{}-{}: {}", topic_, id().value(), error);
  return result;
}

void PartitionLog::fail(Error error) {
  sync_->failed = true;
  if (!failure_) failure_ = std::move(error);
}

namespace {

// The headers of batches that follow one another and fill the bytes. A problem: nullptr is none.
const char* parse_batches(ByteView bytes, std::vector<BatchHeader>& headers) {
  if (bytes.empty()) return "no batch";
  while (!bytes.empty()) {
    const ParsedBatch parsed = parse_batch_header(bytes);
    if (parsed.problem != nullptr) return parsed.problem;
    if (parsed.header.size_bytes > bytes.size()) return "a batch longer than the bytes that were given";
    headers.push_back(parsed.header);
    bytes = bytes.subspan(static_cast<std::size_t>(parsed.header.size_bytes));
  }
  return nullptr;
}

}  // namespace

Result<> PartitionLog::make_active(Offset base) {
  const bool first = segments_.empty();
  if (first) ANTIPHON_TRY_VOID(context_.files.make_directories(directory_));
  auto segment = std::make_unique<Segment>(context_.pool, directory_, base, true);
  if (!first) {
    // Its file is made at once: what compaction leaves of the segments before does not tell where the log ends.
    ANTIPHON_TRY_VOID(segment->file()->handle());
    segment->file()->set_dirty(true);
    unsynced_.emplace(base, 0);
  }
  segments_[base] = std::move(segment);
  return {};
}

Result<> PartitionLog::roll() {
  Segment& segment = active();
  ANTIPHON_TRY_VOID(segment.seal());
  unsynced_.emplace(segment.base(), segment.size());  // for its indexes' last entries
  ANTIPHON_TRY_VOID(make_active(log_end_));
  ++context_.writes;
  return {};
}

Result<> PartitionLog::roll_if_needed(std::uint64_t bytes, const BatchHeader& first, const BatchHeader& last) {
  if (segments_.empty()) return make_active(log_end_);
  Segment& segment = active();
  if (segment.size() == 0) return {};
  const bool full = segment.size() + bytes > static_cast<std::uint64_t>(config_.segment_bytes);
  const bool old =
      segment.first_timestamp_ms() >= 0 && first.max_timestamp_ms - segment.first_timestamp_ms() > config_.segment_ms;
  const bool far = last.last_offset - segment.base() > INT32_MAX;
  if (!full && !old && !far) return {};
  return roll();
}

AppendResult PartitionLog::append(const AppendRequest& request) {
  if (sync_->failed && !failure_) fail(make_error(ErrorKind::kIo, "a segment could not be synced"));
  if (failure_) return refuse(AppendStatus::kStorageError, failure_->message);
  const bool synced = request.durability == Durability::kSynced;
  if (synced) {
    if (const auto error = context_.journal->failure()) return refuse(AppendStatus::kStorageError, error->message);
  }
  std::vector<BatchHeader> batches;
  if (const char* problem = parse_batches(request.batches, batches); problem != nullptr) {
    return refuse(AppendStatus::kInvalidBatch, problem);
  }
  if (request.batches.size() > static_cast<std::uint64_t>(config_.segment_bytes)) {
    return refuse(AppendStatus::kInvalidBatch,
                  fmt::format("{} bytes; a segment may have {}", request.batches.size(), config_.segment_bytes));
  }
  if (auto known = check_producers(batches)) {
    if (known->status == AppendStatus::kDuplicate && synced) known->ticket = ticket_for_duplicate(known->last_offset);
    return *known;
  }

  MutableByteView left = request.batches;
  Offset next = log_end_;
  for (BatchHeader& batch : batches) {
    const std::int64_t delta = batch.last_offset - batch.base_offset;
    batch.base_offset = batch.producer.first_offset = next;
    batch.last_offset = batch.producer.last_offset = next + delta;
    batch.leader_epoch = leader_epoch();
    wire::patch_base_offset(left, next);
    wire::patch_leader_epoch(left, batch.leader_epoch);
    next = batch.next_offset();
    left = left.subspan(static_cast<std::size_t>(batch.size_bytes));
  }
  if (auto rolled = roll_if_needed(request.batches.size(), batches.front(), batches.back()); !rolled) {
    return refuse(AppendStatus::kStorageError, rolled.error().message);
  }
  Segment& segment = active();
  const std::uint64_t position = segment.size();
  bool broken = false;
  const auto written = segment.append(context_.files, request.batches, batches, config_.index_interval_bytes, broken);
  if (!written) {
    if (broken) fail(written.error());
    return refuse(AppendStatus::kStorageError, written.error().message);
  }
  unsynced_.emplace(segment.base(), position);
  ++context_.writes;
  for (const BatchHeader& batch : batches) remember(batch, segment.base());

  AppendResult result;
  result.base_offset = log_end_;
  log_end_ = next;
  result.last_offset = log_end_ - 1;
  if (synced) {
    result.ticket = request_sync(request, batches);
    unsettled_.push_back({result.ticket, result.base_offset, segment.base(), position, log_end_});
  } else {
    ++unjournaled_writes_;
  }
  move_high_watermark();
  return result;
}

std::vector<SyncTarget> PartitionLog::unsynced_targets() {
  std::vector<SyncTarget> targets = dropped_;
  for (const auto& [base, synced] : unsynced_) {
    Segment& segment = *segments_.at(base);
    auto file = segment.file()->handle();
    if (!file) {
      fail(file.error());
      continue;
    }
    targets.push_back({segment.file(), *file});
  }
  return targets;
}

SyncTicket PartitionLog::request_sync(const AppendRequest& request, const std::vector<BatchHeader>& batches) {
  SyncRequest sync;
  sync.ticket = SyncTicket(++context_.last_ticket);
  sync.partition = sync_;
  sync.end = log_end_;
  sync.targets = unsynced_targets();
  const std::size_t size = request.batches.size();
  const bool journal = unjournaled_writes_ == unjournaled_writes_synced_ &&
                       size <= context_.settings.journal_batch_bytes_max &&
                       context_.journal->queued_bytes() + size <= context_.settings.journal_queue_bytes_max;
  if (journal) {
    ByteView bytes = request.batches;
    sync.owner = request.owner;
    if (!sync.owner) {
      const auto copy = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
      bytes = *copy;
      sync.owner = copy;
    }
    for (const BatchHeader& batch : batches) {
      const auto batch_bytes = static_cast<std::size_t>(batch.size_bytes);
      sync.batches.emplace_back(batch.base_offset, bytes.first(batch_bytes));
      bytes = bytes.subspan(batch_bytes);
    }
  } else {
    // What is in the segments only becomes durable before any later entry of this partition in the journal does.
    unjournaled_writes_synced_ = unjournaled_writes_;
  }
  context_.journal->enqueue(std::move(sync));
  return SyncTicket(context_.last_ticket);
}

// A repeat is acknowledged under the promise of this request, which may be more than the first one asked for.
SyncTicket PartitionLog::ticket_for_duplicate(Offset last_offset) {
  for (const Unsettled& unsettled : unsettled_) {
    if (unsettled.end > last_offset) return unsettled.ticket;
  }
  if (unjournaled_writes_ == unjournaled_writes_synced_) return SyncTicket(0);
  return sync_segments({{}, log_end_, active().base(), active().size(), log_end_}, unsynced_targets());
}

void PartitionLog::sync_what_was_found() {
  const auto& [base, synced_bytes] = *unsynced_.begin();
  ++context_.writes;  // a checkpoint is due
  std::vector<SyncTarget> targets = unsynced_targets();
  for (SyncTarget& target : targets) {
    for (const auto& [first, synced] : unsynced_) {
      if (segments_.at(first)->file() != target.segment) continue;
      target.anew_from = synced;
      target.anew_to = segments_.at(first)->size();
    }
  }
  found_ticket_ = sync_segments({{}, high_watermark_, base, synced_bytes, log_end_}, std::move(targets));
}

SyncTicket PartitionLog::sync_segments(const Unsettled& invisible, std::vector<SyncTarget> targets) {
  SyncRequest sync;
  sync.ticket = SyncTicket(++context_.last_ticket);
  sync.partition = sync_;
  sync.end = log_end_;
  sync.targets = std::move(targets);
  unjournaled_writes_synced_ = unjournaled_writes_;
  unsettled_.push_back(invisible);
  unsettled_.back().ticket = sync.ticket;
  context_.journal->enqueue(std::move(sync));
  return SyncTicket(context_.last_ticket);
}

void PartitionLog::settle(SyncTicket ticket, const std::shared_ptr<const Error>& error) {
  if (error) {
    fail(*error);
    return;  // the high watermark stays below it for good
  }
  if (sync_->failed) return;
  if (ticket >= found_ticket_) found_ticket_ = SyncTicket(0);
  while (!unsettled_.empty() && unsettled_.front().ticket <= ticket) unsettled_.pop_front();
  move_high_watermark();
}

void PartitionLog::move_high_watermark() {
  high_watermark_ = unsettled_.empty() ? log_end_ : std::max(high_watermark_, unsettled_.front().base_offset);
  transactions_.settle(high_watermark_);
}

std::optional<PartitionSyncJob> PartitionLog::begin_checkpoint() {
  if (sync_->failed || (unsynced_.empty() && dropped_.empty())) return std::nullopt;
  PartitionSyncJob job;
  job.partition = sync_;
  job.directory = directory_;
  job.dropped = dropped_.size();
  job.writes = unjournaled_writes_;
  for (const auto& [base, synced] : unsynced_) {
    Segment& segment = *segments_.at(base);
    auto file = segment.file()->handle();
    if (!file) {
      fail(file.error());
      return std::nullopt;
    }
    job.targets.push_back({segment.file(), *file});
    job.log_bases.push_back(base);
    job.log_sizes.push_back(segment.size());
    for (EntryFile* index : {&segment.index().offsets(), &segment.index().times()}) sync_index(*index, job);
  }
  for (EntryFile* index : transactions_.aborted().files()) sync_index(*index, job);
  return job;
}

// An index that cannot be written is sparser after a crash, never wrong; one of aborted transactions is made anew.
void PartitionLog::sync_index(EntryFile& index, PartitionSyncJob& job) {
  (void)index.flush();
  if (!index.flushed_since_sync()) return;
  auto file = index.file()->handle();
  if (!file) return;
  job.targets.push_back({index.file(), *file});
  index.mark_synced();  // the job holds the file open
}

void PartitionLog::finish_checkpoint(const PartitionSyncJob& job, bool written) {
  if (written) dropped_.erase(dropped_.begin(), dropped_.begin() + static_cast<std::ptrdiff_t>(job.dropped));
  if (sync_->failed) {
    fail(make_error(ErrorKind::kIo, "a segment could not be synced"));
    return;
  }
  // Dropped segments were not synced: only a checkpoint that is written makes that right.
  if (written || job.dropped == 0) unjournaled_writes_synced_ = std::max(unjournaled_writes_synced_, job.writes);
  for (std::size_t i = 0; i < job.log_bases.size(); ++i) {
    const auto found = segments_.find(job.log_bases[i]);
    if (found == segments_.end()) continue;
    if (found->second->size() > job.log_sizes[i]) {
      unsynced_[job.log_bases[i]] = job.log_sizes[i];
      continue;
    }
    unsynced_.erase(job.log_bases[i]);
    found->second->file()->set_dirty(false);
  }
}

PartitionCheckpoint PartitionLog::checkpoint() {
  PartitionCheckpoint state;
  state.log_start = log_start_;
  state.synced_end = log_end_;
  state.acknowledged_end = std::max(log_end_, damaged_below_);
  state.active_base = log_end_;
  if (!segments_.empty()) {
    state.active_base = active().base();
    state.active_bytes = active().size();
    state.active_max_time = active().known_max_time().value_or(TimeEntry{-1, active().base()});
    state.active_first_timestamp_ms = active().first_timestamp_ms();
  }
  state.epochs = epochs_;
  state.producers = producers_;
  state.transactions = transactions_.mark();
  return state;
}

LeaderEpoch PartitionLog::leader_epoch() const { return epochs_.empty() ? LeaderEpoch(0) : epochs_.back().epoch; }

LeaderEpoch PartitionLog::epoch_of(Offset offset) const {
  LeaderEpoch epoch(0);
  for (const EpochStart& start : epochs_) {
    if (start.start <= offset) epoch = start.epoch;
  }
  return epoch;
}

EpochEnd PartitionLog::end_of_epoch(LeaderEpoch asked) const {
  if (asked > leader_epoch() || asked.value() < 0) return {};
  EpochEnd result{LeaderEpoch(0), log_end_};
  for (const EpochStart& start : epochs_) {
    if (start.epoch > asked) return {result.epoch, start.start};
    result.epoch = start.epoch;
  }
  return result;
}

}  // namespace antiphon::kafka::log
