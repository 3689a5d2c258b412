#include "adapters/bus/baton.h"

#include <algorithm>

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

Result<std::unique_ptr<Baton>> Baton::join(const Connection& connection, const BatonSettings& settings,
                                           const Clock& clock, std::function<void()> changed) {
  std::unique_ptr<Baton> baton(new Baton(settings, clock, std::move(changed)));
  GroupSettings group;
  group.group_id = settings.group_id;
  group.topics = {settings.topic};
  group.instance_id = settings.instance_id;
  group.session_timeout = settings.session_timeout;
  group.fetch_queue_bytes_max = 1U << 20;
  ANTIPHON_TRY(consumer, GroupConsumer::create(connection, group, *baton));
  baton->consumer_ = std::move(consumer);
  baton->thread_ = std::thread([raw = baton.get()] { raw->run(); });
  return baton;
}

Baton::~Baton() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (consumer_) consumer_->end();
  }
  if (thread_.joinable()) thread_.join();
}

bool Baton::held() const {
  return held_ && nanoseconds(clock_.mono_now()) - sure_at_ns_ < std::chrono::nanoseconds(gap_max_).count();
}

std::optional<Error> Baton::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Baton::run() {
  sure_at_ns_ = nanoseconds(clock_.mono_now());
  while (!stopping_) {
    const auto message = consumer_->poll(kBatonPollStep);  // what it reads is nothing to us
    if (!message && !passes(message.error().kind)) {
      logging::error("lost the group of the baton", {{"detail", message.error().message}});
      {
        const std::lock_guard lock(mutex_);
        failure_ = message.error();
      }
      lose();
      return;
    }
    if (fresh_) {
      fresh_ = false;
      static_cast<void>(consumer_->pause({partition_}));  // if it fails, a few records are read for nothing
    }
    const auto now = nanoseconds(clock_.mono_now());
    if (held_ && now - sure_at_ns_ >= std::chrono::nanoseconds(gap_max_).count()) {
      confirm();
    } else {
      sure_at_ns_ = now;
    }
  }
  std::unique_ptr<GroupConsumer> leaves;  // on the thread that has always called it
  const std::lock_guard lock(mutex_);
  leaves = std::move(consumer_);
}

void Baton::confirm() {
  const auto asked_at = nanoseconds(clock_.mono_now());
  const auto answer = consumer_->commit({{partition_, start_}});
  if (answer) {
    sure_at_ns_ = asked_at;
    changed_();
  } else if (answer.error().kind != ErrorKind::kUnavailable) {
    logging::warn("lost the baton while standing still", {{"detail", answer.error().message}});
    lose();
  }
}

void Baton::take(Offset offset) {
  start_ = offset;
  fresh_ = true;
  sure_at_ns_ = nanoseconds(clock_.mono_now());
  held_ = true;
  changed_();
}

void Baton::lose() {
  if (!held_.exchange(false)) return;
  ++losses_;
  changed_();
}

void Baton::on_assigned(const std::map<TopicPartition, Offset>& partitions) {
  const auto it = partitions.find(partition_);
  if (it != partitions.end()) take(it->second);
}

void Baton::on_revoked(const std::vector<TopicPartition>& partitions) {
  if (std::find(partitions.begin(), partitions.end(), partition_) != partitions.end()) lose();
}

// Nothing is read by way of the group: what is gone from the log is no loss to it.
void Baton::on_loss(const TopicPartition& partition, Offset, OffsetRange available) {
  if (partition == partition_) take(available.end);
}

}  // namespace antiphon::bus
