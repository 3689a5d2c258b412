#include "adapters/bus/shares.h"

#include <algorithm>
#include <utility>

#include "core/logging.h"

namespace antiphon::bus {
namespace {

// A topic that was made a moment ago is not yet known everywhere; a member that the group has forgotten joins it again
// by itself.
bool passes(ErrorKind kind) {
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kNotFound || kind == ErrorKind::kConflict;
}

std::int64_t nanoseconds(MonoTime time) { return time.time_since_epoch().count(); }

}  // namespace

Result<std::unique_ptr<Shares>> Shares::join(const Connection& connection, const ShareSettings& settings,
                                             const Clock& clock, ShareEvents& events) {
  std::unique_ptr<Shares> shares(new Shares(settings, clock, events));
  GroupSettings group;
  group.group_id = settings.group_id;
  group.topics = {settings.topic};
  group.instance_id = settings.instance_id;
  group.session_timeout = settings.session_timeout;
  group.fetch_queue_bytes_max = 1U << 20;
  group.holds_only = true;
  ANTIPHON_TRY(consumer, GroupConsumer::create(connection, group, *shares));
  shares->consumer_ = std::move(consumer);
  shares->thread_ = std::thread([raw = shares.get()] { raw->run(); });
  return shares;
}

Shares::~Shares() { leave(); }

void Shares::leave() {
  stopping_ = true;
  consumer_->end();
  if (thread_.joinable()) thread_.join();
}

bool Shares::sure() const {
  return nanoseconds(clock_.mono_now()) - sure_at_ns_ < std::chrono::nanoseconds(gap_max_).count();
}

bool Shares::held(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return held_.contains(partition) && sure();
}

std::optional<Error> Shares::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::map<TopicPartition, Offset> Shares::offsets(const std::set<PartitionId>& partitions) const {
  const std::lock_guard lock(mutex_);
  std::map<TopicPartition, Offset> offsets;
  for (const auto& [partition, offset] : held_) {
    if (partitions.contains(partition)) offsets[{topic_, partition}] = offset;
  }
  return offsets;
}

void Shares::run() {
  sure_at_ns_ = nanoseconds(clock_.mono_now());
  while (!stopping_ && !failure()) poll();
  consumer_->close();  // on the thread that has always called it
}

void Shares::poll() {
  const auto message = consumer_->poll(kSharesPollStep);  // what it reads is nothing to us
  if (!message && !passes(message.error().kind)) return fail(message.error());
  tell();
  const auto now = nanoseconds(clock_.mono_now());
  if (now - sure_at_ns_ >= std::chrono::nanoseconds(gap_max_).count()) {
    confirm();
  } else {
    sure_at_ns_ = now;
  }
}

void Shares::fail(const Error& error) {
  logging::error("lost the group", {{"topic", topic_}, {"detail", error.message}});
  {
    const std::lock_guard lock(mutex_);
    failure_ = error;
  }
  std::set<PartitionId> all;
  for (const auto& [partition, offset] : held_) all.insert(partition);
  give_up(all);
}

void Shares::tell() {
  if (note_.empty() || telling_) return;  // nobody asks, or the answer to the last one is not here
  std::set<PartitionId> untold;
  {
    const std::lock_guard lock(mutex_);
    untold.swap(untold_);
  }
  const auto next = offsets(untold);
  if (next.empty()) return;
  telling_ = true;
  // Not waited for: a coordinator that moves takes seconds, and who does not poll is not sure of what it holds.
  consumer_->commit_later(next, note_, [this, untold](const Result<>& told) mutable {
    telling_ = false;
    if (told) return;
    if (!passes(told.error().kind)) {
      logging::warn("the group was not told who holds its partitions", {{"detail", told.error().message}});
      return;
    }
    const std::lock_guard lock(mutex_);
    untold_.merge(untold);  // with the next poll again
  });
}

void Shares::advance(const std::map<PartitionId, Offset>& next) {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, offset] : next) {
    const auto it = held_.find(partition);
    if (it == held_.end() || it->second >= offset) continue;
    it->second = offset;
    untold_.insert(partition);
  }
}

void Shares::confirm() {
  std::set<PartitionId> all;
  for (const auto& [partition, offset] : held_) all.insert(partition);
  const auto asked_at = nanoseconds(clock_.mono_now());
  const auto answer = consumer_->commit(offsets(all), note_);
  if (answer) {
    sure_at_ns_ = asked_at;
    events_.on_changed();
  } else if (answer.error().kind != ErrorKind::kUnavailable) {
    logging::warn("lost its partitions while standing still", {{"topic", topic_}, {"detail", answer.error().message}});
    give_up(all);
    sure_at_ns_ = asked_at;  // of nothing
  }
}

void Shares::give_up(const std::set<PartitionId>& partitions) {
  std::set<PartitionId> ended;
  for (const PartitionId partition : partitions) {
    if (held_.contains(partition)) ended.insert(partition);
  }
  if (ended.empty()) return;
  const std::set<PartitionId> in_order = events_.on_given_up(ended);
  if (!note_left_.empty()) {
    // If it fails, the next holder looks after what may be left.
    static_cast<void>(consumer_->commit(offsets(in_order), note_left_));
  }
  {
    const std::lock_guard lock(mutex_);
    for (const PartitionId partition : ended) held_.erase(partition);
  }
  events_.on_changed();
}

void Shares::on_assigned(const std::map<TopicPartition, Offset>& partitions) {
  std::map<PartitionId, std::string> gained;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, offset] : partitions) {
      held_[name.partition] = offset;
      untold_.insert(name.partition);
      gained[name.partition] = consumer_->metadata(name);
    }
  }
  sure_at_ns_ = nanoseconds(clock_.mono_now());
  events_.on_gained(gained);
  events_.on_changed();
}

void Shares::on_revoked(const std::vector<TopicPartition>& partitions) {
  std::set<PartitionId> names;
  for (const TopicPartition& name : partitions) names.insert(name.partition);
  give_up(names);
}

}  // namespace antiphon::bus
