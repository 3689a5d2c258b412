#include "kafka/log/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace antiphon::kafka::log {
namespace {

constexpr std::array<std::byte, kJournalPage> kZeros{};

}  // namespace

std::uint64_t SyncRequest::journal_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [offset, batch] : batches) bytes += kEntryHeaderBytes + padded(batch.size(), 8);
  return bytes;
}

struct Journal::Group {
  std::vector<SyncRequest> requests;
  std::vector<bool> direct;  // of each request: by a sync of its segments
  std::vector<Note> notes;   // how far those partitions are synced afterwards
  std::uint64_t sequence = 0;
  std::uint64_t position = 0;
  std::uint64_t bytes = 0;  // 0: nothing goes into the journal
  std::uint32_t entries = 0;
  std::uint64_t segment_syncs = 0;
  std::set<const PartitionSync*> left_out;  // they have failed
  std::shared_ptr<const Error> error;
};

Journal::Journal(FileSystem& files, std::unique_ptr<File> file, const JournalMark& start, std::uint64_t limit)
    : files_(files),
      file_(std::move(file)),
      epoch_(start.epoch),
      next_sequence_(start.sequence),
      head_(start.position),
      tail_(start.position),
      limit_(limit) {}

void Journal::enqueue(SyncRequest request) {
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ += request.journal_bytes();
    queue_.push_back(std::move(request));
  }
  wake_is_due_ = held_;
  if (!held_) queued_.notify_one();
}

void Journal::hold(bool on) {
  held_ = on;
  if (!on && std::exchange(wake_is_due_, false)) queued_.notify_one();
}

void Journal::take_settled(std::vector<Settled>& out) {
  const std::lock_guard lock(mutex_);
  out.insert(out.end(), std::make_move_iterator(settled_.begin()), std::make_move_iterator(settled_.end()));
  settled_.clear();
}

JournalMark Journal::mark() const {
  const std::lock_guard lock(mutex_);
  return {epoch_, next_sequence_, head_};
}
void Journal::release(const JournalMark& mark) {
  const std::lock_guard lock(mutex_);
  tail_ = mark.position;
}
void Journal::grow(std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = std::max(limit_, limit);
}
std::uint64_t Journal::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}
std::uint64_t Journal::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}
std::uint64_t Journal::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return head_ >= tail_ ? head_ - tail_ : limit_ - tail_ + head_;
}
std::shared_ptr<const Error> Journal::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}
void Journal::add_metrics(LogMetrics& metrics) const {
  const std::lock_guard lock(mutex_);
  metrics.journal_syncs = metrics_.journal_syncs;
  metrics.journaled_batches = metrics_.journaled_batches;
  metrics.journaled_bytes = metrics_.journaled_bytes;
  metrics.segment_syncs = metrics_.segment_syncs;
  metrics.queued_bytes = queued_bytes_;
  metrics.journal_bytes = limit_;
  metrics.journal_failed = failure_ != nullptr;
}

void Journal::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  queued_.wait_for(lock, timeout, [&] { return woken_ || !queue_.empty(); });
  woken_ = false;
}
void Journal::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  queued_.notify_all();
}

// head == tail: empty. It is never filled to the last page, so that this stays true.
std::uint64_t Journal::room() const {
  if (head_ < tail_) return tail_ - head_ - kJournalPage;
  const std::uint64_t at_front = tail_ > kJournalPage ? tail_ - kJournalPage : 0;
  return std::max(limit_ - std::min(limit_, head_), at_front);
}

std::uint64_t Journal::place(std::uint64_t bytes) {
  bytes = padded(bytes, kJournalPage);
  if (head_ >= tail_ && head_ + bytes > limit_) head_ = 0;
  const std::uint64_t position = head_;
  head_ += bytes;
  return position;
}

bool Journal::take(Group& group) {
  if (queue_.empty()) return false;
  const std::uint64_t room_left = room();
  std::uint64_t bytes = kGroupHeaderBytes;
  while (!queue_.empty()) {
    SyncRequest& front = queue_.front();
    const std::uint64_t need = front.journal_bytes();
    const bool first = group.requests.empty();
    if (!first && bytes + need > std::max<std::uint64_t>(kGroupBytesTarget, bytes)) break;
    // The note of a direct one takes a header, too; all that is in the group must fit with it.
    const bool direct = need == 0 || bytes + need + kEntryHeaderBytes > room_left;
    if (direct) {
      if (bytes + kEntryHeaderBytes <= room_left) {
        group.notes.push_back({front.partition, front.end});
        bytes += kEntryHeaderBytes;
      }
    } else {
      bytes += need;
      group.entries += static_cast<std::uint32_t>(front.batches.size());
    }
    queued_bytes_ -= need;
    group.direct.push_back(direct);
    group.requests.push_back(std::move(front));
    queue_.pop_front();
  }
  group.entries += static_cast<std::uint32_t>(group.notes.size());
  if (failure_) {
    group.error = failure_;
  } else if (group.entries > 0) {
    group.bytes = bytes;
    group.sequence = next_sequence_++;
    group.position = place(bytes);
  }
  return true;
}

void Journal::sync_segments(Group& group) {
  std::set<const SegmentFile*> done;
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    if (!group.direct[i]) continue;
    for (const SyncTarget& target : group.requests[i].targets) {
      if (!done.insert(target.segment.get()).second) continue;
      const bool synced = write_anew(*target.file, target.anew_from, target.anew_to).has_value() &&
                          target.segment->sync(files_, *target.file).has_value();
      if (!synced) group.requests[i].partition->failed = true;
      ++group.segment_syncs;
    }
  }
}

void Journal::write(Group& group) {
  // Of a partition that has failed nothing is written: what stands before its batches may be lost, and a note would be
  // a lie. The group keeps the place that it was given: the next one stands behind it.
  const std::uint64_t placed = group.bytes;
  group.bytes = kGroupHeaderBytes;
  group.entries = 0;
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    const SyncRequest& request = group.requests[i];
    if (request.partition->failed) group.left_out.insert(request.partition.get());
    if (group.direct[i] || group.left_out.contains(request.partition.get())) continue;
    group.bytes += request.journal_bytes();
    group.entries += static_cast<std::uint32_t>(request.batches.size());
  }
  std::erase_if(group.notes, [&](const Note& note) { return group.left_out.contains(note.partition.get()); });
  group.bytes += group.notes.size() * kEntryHeaderBytes;
  group.entries += static_cast<std::uint32_t>(group.notes.size());

  std::vector<HeaderBytes> headers;
  headers.reserve(group.entries + std::size_t{1});
  std::vector<ByteView> pieces;
  pieces.reserve(std::size_t{3} * group.entries + 2);
  headers.push_back(encode_group({epoch_, group.sequence, static_cast<std::uint32_t>(placed), group.entries}));
  pieces.push_back(headers.back());
  EntryHeader entry;
  entry.epoch = epoch_;
  entry.sequence = group.sequence;
  const auto add = [&](EntryKind kind, const TopicId& topic, PartitionId partition, Offset offset, ByteView payload) {
    entry.kind = kind;
    entry.topic = topic;
    entry.partition = partition;
    entry.offset = offset;
    entry.payload_bytes = static_cast<std::uint32_t>(payload.size());
    headers.push_back(encode_entry(entry, payload));
    ++entry.number;
    pieces.push_back(headers.back());
    pieces.push_back(payload);
    pieces.push_back(ByteView(kZeros).first(padded(payload.size(), 8) - payload.size()));
  };
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    const SyncRequest& request = group.requests[i];
    if (group.direct[i] || group.left_out.contains(request.partition.get())) continue;
    for (const auto& [offset, batch] : request.batches) {
      add(EntryKind::kBatch, request.partition->topic, request.partition->partition, offset, batch);
    }
  }
  for (const Note& note : group.notes)
    add(EntryKind::kSynced, note.partition->topic, note.partition->partition, note.end, {});
  pieces.push_back(ByteView(kZeros).first(padded(group.bytes, kJournalPage) - group.bytes));

  Result<> done = file_->write_through(kJournalPage + group.position, pieces);
  if (done) return;
  group.error = std::make_shared<const Error>(std::move(done).error().within("the journal has failed"));
}

void Journal::settle(Group& group) {
  {
    const std::lock_guard lock(mutex_);
    if (group.error && !failure_) failure_ = group.error;
    if (group.bytes > 0) ++metrics_.journal_syncs;
    metrics_.segment_syncs += group.segment_syncs;
    for (std::size_t i = 0; i < group.requests.size(); ++i) {
      SyncRequest& request = group.requests[i];
      std::shared_ptr<const Error> error = group.error;
      if (!error && request.partition->failed) {
        error =
            std::make_shared<const Error>(make_error(ErrorKind::kIo, "a segment of the partition could not be synced"));
      }
      if (error) request.partition->failed = true;
      if (!group.direct[i]) {
        metrics_.journaled_batches += request.batches.size();
        metrics_.journaled_bytes += request.journal_bytes();
      }
      settled_.push_back({request.ticket, std::move(request.partition), std::move(error)});
    }
  }
  group.requests.clear();  // the batches' bytes may go before the reactor answers
  if (on_settled_) on_settled_();
}

bool Journal::run_once() {
  Group group;
  {
    const std::lock_guard lock(mutex_);
    if (!take(group)) return false;
  }
  if (!group.error) {
    sync_segments(group);  // before the journal: an entry found there means that all before it is durable
    if (group.bytes > 0) write(group);
  }
  settle(group);
  return true;
}

}  // namespace antiphon::kafka::log
