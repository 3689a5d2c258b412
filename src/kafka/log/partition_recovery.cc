#include "kafka/log/partition_recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/log/compaction/swap.h"

namespace antiphon::kafka::log {

std::string PartitionRecovery::name() const {
  return fmt::format("{}-{}", partition_.topic(), partition_.id().value());
}

void PartitionRecovery::damaged(std::string what) {
  damaged_ = true;
  report_.damage.push_back(fmt::format("{}: {}", name(), what));
}

void PartitionRecovery::took(const BatchHeader& batch, Offset segment) {
  next_ = batch.next_offset();
  partition_.remember(batch, segment);
  if (partition_.epochs_.empty() ? batch.leader_epoch.value() > 0
                                 : batch.leader_epoch > partition_.epochs_.back().epoch) {
    partition_.epochs_.push_back({batch.leader_epoch, batch.base_offset});
  }
}

Result<> PartitionRecovery::find_segments() {
  ANTIPHON_TRY_VOID(recover_swaps(context_.files, partition_.directory_, report_.notices));
  auto entries = context_.files.list(partition_.directory_);
  if (!entries && entries.error().kind == ErrorKind::kNotFound) return {};
  if (!entries) return std::move(entries).error();
  for (const DirectoryEntry& entry : *entries) {
    if (const auto index = segment_base_of(entry.name, AbortedIndex::kSuffix)) indexes_.push_back(*index);
    const auto base = segment_base_of(entry.name, ".log");
    if (!base || entry.is_directory) continue;
    auto segment = std::make_unique<Segment>(context_.pool, partition_.directory_, *base, false);
    ANTIPHON_TRY_VOID(segment->load());
    partition_.segments_[*base] = std::move(segment);
  }
  return {};
}

// What stands behind the checkpoint is noted anew.
Result<> PartitionRecovery::remove_indexes(const std::vector<AbortedIndexMark>& but) {
  for (const Offset base : indexes_) {
    if (std::any_of(but.begin(), but.end(), [&](const AbortedIndexMark& mark) { return mark.segment == base; }))
      continue;
    const std::string file = segment_file_name(base, AbortedIndex::kSuffix);
    ANTIPHON_TRY_VOID(context_.files.remove_tree(fmt::format("{}/{}", partition_.directory_, file)));
  }
  return {};
}

// Transactions as the checkpoint has them. Where an index of aborted ones is not what it says, or part of the log is
// looked at again, all headers below the place where the scan begins are read.
Result<> PartitionRecovery::resume_transactions(const PartitionCheckpoint& checkpoint) {
  PartitionTransactions& transactions = partition_.transactions_;
  if (!damaged_) {
    ANTIPHON_TRY_VOID(remove_indexes(checkpoint.transactions.aborted));
    ANTIPHON_TRY(good, transactions.resume(checkpoint.transactions));
    if (good) return {};
    report_.notices.push_back(fmt::format("{}: an index of aborted transactions was made anew", name()));
  }
  may_wait_ = false;
  transactions.clear();
  ANTIPHON_TRY_VOID(remove_indexes({}));
  touched_ = true;
  for (const auto& [base, segment] : partition_.segments_) {
    if (base > start_segment_) break;
    const std::uint64_t end = base == start_segment_ ? (damaged_ ? 0 : checkpoint.active_bytes) : segment->size();
    ANTIPHON_TRY(file, segment->file()->handle());
    Scanner scanner(*file, 0, end, Scanner::Check::kHeader);
    while (true) {
      ANTIPHON_TRY(batch, scanner.next());
      if (batch == nullptr) break;
      transactions.note(*batch, base);
    }
  }
  return {};
}

// What a pass may have removed is not to be brought back from the journal: it was in synced segments before the pass
// began. If nobody knows how far passes went, only the last segment, which none cleans, is filled in.
void PartitionRecovery::forget_what_was_cleaned() {
  Offset& touched = partition_.cleaning_.touched;
  const Offset last = partition_.segments_.empty() ? Offset(0) : partition_.segments_.rbegin()->first;
  touched = std::min(touched, last);
  if (whole_log_) entries_.erase(entries_.begin(), entries_.lower_bound(touched));
}

// Where to begin: behind the checkpoint, or at the first byte there is.
Result<> PartitionRecovery::begin(const PartitionCheckpoint* checkpoint) {
  Segments& segments = partition_.segments_;
  if (checkpoint == nullptr) {
    whole_log_ = true;
    next_ = partition_.log_start_ = start_segment_ = segments.empty() ? Offset(0) : segments.begin()->first;
    ANTIPHON_TRY_VOID(remove_indexes({}));
    if (segments.empty()) return {};
    return segments.begin()->second->resume(0, next_, {-1, next_}, -1);
  }
  partition_.epochs_ = checkpoint->epochs;
  partition_.producers_ = checkpoint->producers;
  partition_.log_start_ = checkpoint->log_start;
  acknowledged_ = std::max(acknowledged_, checkpoint->acknowledged_end);
  may_wait_ = entries_.empty() && acknowledged_ <= checkpoint->synced_end;
  synced_bytes_ = checkpoint->active_bytes;
  next_ = synced_end_ = checkpoint->synced_end;
  start_segment_ = checkpoint->active_base;
  // Retention had dropped these; the crash came before their files went.
  while (segments.size() > 1 && std::next(segments.begin())->first <= partition_.log_start_) {
    context_.removals.push_back(segments.begin()->second->path());
    segments.erase(segments.begin());
  }
  const auto active = segments.find(start_segment_);
  const std::uint64_t size = active == segments.end() ? 0 : active->second->size();
  if (size < checkpoint->active_bytes) {
    damaged(fmt::format("{}/{} has {} bytes, {} had been synced", partition_.directory_,
                        segment_file_name(start_segment_, ".log"), size, checkpoint->active_bytes));
    // What is whole of it can still be read.
    ANTIPHON_TRY_VOID(resume_transactions(*checkpoint));
    if (active == segments.end()) return {};
    next_ = start_segment_;
    return active->second->resume(0, next_, {-1, next_}, -1);
  }
  touched_ = size > checkpoint->active_bytes;
  ANTIPHON_TRY_VOID(resume_transactions(*checkpoint));
  if (active == segments.end()) return {};
  return active->second->resume(checkpoint->active_bytes, checkpoint->synced_end, checkpoint->active_max_time,
                                checkpoint->active_first_timestamp_ms);
}

// Writes the journal's batch behind the segment's last one.
Result<> PartitionRecovery::fill_in(Segment& segment, const FoundEntry& entry) {
  Bytes bytes(static_cast<std::size_t>(entry.batch.size_bytes));
  ANTIPHON_TRY(got, journal_.read_at(entry.file_position, bytes));
  if (got != bytes.size()) return make_error(ErrorKind::kIo, "the journal became shorter");
  ANTIPHON_TRY(file, segment.file()->handle());
  ANTIPHON_TRY_VOID(file->write_at(segment.size(), bytes));
  segment.file()->set_dirty(true);
  const BatchHeader header = parse_batch_header(bytes).header;  // with its marker, if it is one
  segment.note(header, partition_.config_.index_interval_bytes);
  took(header, segment.base());
  ++report_.replayed_batches;
  touched_ = true;
  return {};
}

Result<bool> PartitionRecovery::scan_segment(Segments::iterator found) {
  Segment* segment = found->second.get();
  const auto following = std::next(found);
  ANTIPHON_TRY(file, segment->file()->handle());
  ANTIPHON_TRY(file_size, file->size());
  Scanner scanner(*file, segment->size(), file_size, Scanner::Check::kCrc);
  report_.scanned_bytes += file_size - std::min(file_size, segment->size());
  while (true) {
    const auto entry = entries_.find(next_);
    ANTIPHON_TRY(batch, scanner.next());
    bool good = batch != nullptr;
    if (good && batch->base_offset != next_) {
      good = whole_log_ && batch->base_offset > next_ && entry == entries_.end();
    }
    // The journal is the truth: another batch at its offset is a write that was not acknowledged.
    if (good && entry != entries_.end()) {
      const BatchHeader& journaled = entry->second->batch;
      good = journaled.crc == batch->crc && journaled.size_bytes == batch->size_bytes;
    }
    if (good) {
      segment->note(*batch, partition_.config_.index_interval_bytes);
      took(*batch, segment->base());
      touched_ = true;
      continue;
    }
    const bool none = entry == entries_.end();
    // Where gaps are right, a segment that ends in damage is no reason to cut it, or those behind it.
    if (whole_log_ && none && !scanner.problem().empty() && following != partition_.segments_.end()) {
      damaged(fmt::format("{} at byte {} (offset {}): {}", segment->path(), scanner.position(), next_.value(),
                          scanner.problem()));
      return false;
    }
    const bool next_follows = following != partition_.segments_.end() &&
                              (following->first == next_ || (whole_log_ && none && following->first > next_));
    if (next_follows) return true;
    if (none) {
      problem_ = scanner.problem().empty() ? "another offset than expected" : scanner.problem();
      return false;
    }
    const std::uint64_t size = entry->second->batch.size_bytes;
    if (segment->size() > 0 && segment->size() + size > static_cast<std::uint64_t>(partition_.config_.segment_bytes)) {
      ANTIPHON_TRY_VOID(partition_.make_active(next_));  // it had been rolled; the new file was lost
      return true;
    }
    ANTIPHON_TRY_VOID(fill_in(*segment, *entry->second));
    ANTIPHON_TRY(size_now, file->size());
    file_size = size_now;
    scanner.retry(segment->size(), file_size);
  }
}

// Bytes behind the last good batch of a segment.
Result<> PartitionRecovery::cut_tail(Segments::iterator found) {
  Segment& segment = *found->second;
  ANTIPHON_TRY(file, segment.file()->handle());
  ANTIPHON_TRY(size, file->size());
  if (size <= segment.size()) return {};
  report_.notices.push_back(fmt::format("{}: cut at byte {} (offset {}), {} bytes that nobody was promised: {}",
                                        segment.path(), segment.size(), next_.value(), size - segment.size(),
                                        problem_.empty() ? "left over from before" : problem_));
  touched_ = lost_ = true;
  may_wait_ = false;
  return segment.truncate(segment.size());
}

// Segments that begin behind a hole. They go at once: their names may soon be those of new ones.
Result<> PartitionRecovery::remove_from(Segments::iterator later) {
  Segments& segments = partition_.segments_;
  while (later != segments.end()) {
    report_.notices.push_back(fmt::format("{}: removed; offset {} before it is missing, and nobody was promised either",
                                          later->second->path(), next_.value()));
    for (const std::string_view suffix : {std::string_view(".log"), std::string_view(".index"),
                                          std::string_view(".timeindex"), AbortedIndex::kSuffix}) {
      const std::string path = fmt::format("{}/{}", partition_.directory_, segment_file_name(later->first, suffix));
      ANTIPHON_TRY_VOID(context_.files.remove_tree(path));
    }
    later = segments.erase(later);
    lost_ = touched_ = true;
    may_wait_ = false;
  }
  return {};
}

Result<> PartitionRecovery::scan_segments() {
  Segments& segments = partition_.segments_;
  auto found = segments.find(start_segment_);
  if (found == segments.end()) {
    if (damaged_) return {};
    // Nothing of that segment had been synced, so its file may be missing. The journal may bring it back.
    if (!entries_.contains(next_)) {
      return next_ < acknowledged_ ? Result<>() : remove_from(segments.upper_bound(start_segment_));
    }
    ANTIPHON_TRY_VOID(partition_.make_active(next_));
    found = segments.find(next_);
  }
  while (true) {
    ANTIPHON_TRY(follows, scan_segment(found));
    const auto following = std::next(found);
    if (!follows) {
      // Something behind it was promised: nothing is cut, a person must look.
      if (next_ < acknowledged_ || damaged_) return {};
      ANTIPHON_TRY_VOID(cut_tail(found));
      return remove_from(following);
    }
    ANTIPHON_TRY_VOID(cut_tail(found));
    ANTIPHON_TRY_VOID(found->second->seal());
    touched_ = true;
    found = following;
    if (whole_log_) next_ = std::max(next_, found->first);
    if (found->second->size() > 0) ANTIPHON_TRY_VOID(found->second->resume(0, next_, {-1, next_}, -1));
  }
}

// As in the last life: in segments only. Visible is what was synced, until the syncer comes to the rest.
Result<> PartitionRecovery::leave_unsynced() {
  for (auto found = partition_.segments_.lower_bound(start_segment_); found != partition_.segments_.end(); ++found) {
    Segment& segment = *found->second;
    ANTIPHON_TRY_VOID(segment.file()->handle());
    segment.file()->set_dirty(true);
    partition_.unsynced_.emplace(segment.base(), synced_bytes_of(segment));
  }
  partition_.high_watermark_ = std::max(synced_end_, partition_.log_start_);
  return {};
}

// What was read may be in the cache only: it is served after it is on stable storage, not before (write_anew()).
Result<> PartitionRecovery::sync() {
  if (!touched_) return {};
  unsynced_ = may_wait_ && !damaged_ && next_ > synced_end_;
  if (unsynced_) return leave_unsynced();
  ANTIPHON_TRY_VOID(context_.files.sync_directory(partition_.directory_));
  for (auto found = partition_.segments_.lower_bound(start_segment_); found != partition_.segments_.end(); ++found) {
    Segment& segment = *found->second;
    ANTIPHON_TRY_VOID(segment.index().flush());
    ANTIPHON_TRY_VOID(segment.index().offsets().sync(context_.files));
    ANTIPHON_TRY_VOID(segment.index().times().sync(context_.files));
    ANTIPHON_TRY(file, segment.file()->handle());
    ANTIPHON_TRY_VOID(write_anew(*file, synced_bytes_of(segment), segment.size()));
    ANTIPHON_TRY_VOID(segment.file()->sync(context_.files, *file));
    segment.file()->set_dirty(false);
  }
  for (EntryFile* index : partition_.transactions_.aborted().files()) {
    ANTIPHON_TRY_VOID(index->flush());
    ANTIPHON_TRY_VOID(index->sync(context_.files));
  }
  return {};
}

Result<> PartitionRecovery::run(const PartitionCheckpoint* checkpoint, const std::vector<const FoundEntry*>& entries) {
  for (const FoundEntry* entry : entries) {
    if (entry->header.kind == EntryKind::kSynced) {
      acknowledged_ = std::max(acknowledged_, entry->header.offset);
      continue;
    }
    entries_[entry->batch.base_offset] = entry;
    acknowledged_ = std::max(acknowledged_, entry->batch.next_offset());
  }
  ANTIPHON_TRY_VOID(find_segments());
  ANTIPHON_TRY_VOID(begin(checkpoint));
  // A file that is found says nothing of its name on stable storage; bytes that were synced do.
  for (const auto& [base, segment] : partition_.segments_) {
    if (base >= start_segment_ && synced_bytes_of(*segment) == 0) segment->file()->entry_may_be_unsynced();
  }
  forget_what_was_cleaned();
  if (!partition_.segments_.empty() || !entries_.empty()) ANTIPHON_TRY_VOID(scan_segments());
  partition_.log_start_ = std::min(partition_.log_start_, next_);
  if (!partition_.segments_.empty()) {
    partition_.log_start_ = std::max(partition_.log_start_, partition_.segments_.begin()->first);
  }
  partition_.log_end_ = partition_.high_watermark_ = next_;
  if (partition_.cleaning_.first_dirty > next_) partition_.cleaning_.first_dirty = Offset(0);
  if (next_ < acknowledged_ && !damaged_) {
    const auto last = partition_.segments_.upper_bound(next_);
    const Segment* segment = last == partition_.segments_.begin() ? nullptr : std::prev(last)->second.get();
    damaged(fmt::format("{} at byte {}: acknowledged offsets from {} to {} are missing or damaged{}",
                        segment == nullptr ? partition_.directory_ : segment->path(),
                        segment == nullptr ? 0 : segment->size(), next_.value(), acknowledged_.value() - 1,
                        problem_.empty() ? "" : ": " + problem_));
  }
  if (damaged_) {
    partition_.damaged_below_ = std::max(acknowledged_, next_ + 1);
    partition_.segments_.erase(partition_.segments_.upper_bound(next_), partition_.segments_.end());
    partition_.fail(make_error(ErrorKind::kCorrupt, report_.damage.back()));
  }
  const bool fresh_epoch = !partition_.epochs_.empty() && partition_.epochs_.back().start == next_;
  if (lost_ && !fresh_epoch) partition_.epochs_.push_back({partition_.leader_epoch() + 1, next_});
  ANTIPHON_TRY_VOID(sync());
  partition_.transactions_.settle(partition_.high_watermark_);
  return {};
}

}  // namespace antiphon::kafka::log
