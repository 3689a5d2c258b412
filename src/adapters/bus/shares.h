// Shares: the partitions of a topic, divided among the members of a consumer group. Who holds a partition does the work
// that belongs to it; nothing is read by way of the group.
//
// Kafka gives each partition to one member at a time (cooperative-sticky: what need not move stays). A member with an
// instance id that died has its partitions back as soon as it is there again under the same id; without one, or towards
// another member, the dead are given the session timeout. (A member with an instance id does not leave: the others wait
// that long for an orderly end, too.) A process that was stopped (SIGSTOP, a laptop's lid) may have lost its
// partitions without knowing: after a gap the broker is asked before they count as held again.
//
// Each holder leaves a note: the metadata of its committed offset, which only a member that the group knows can write.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "adapters/bus/connection.h"
#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/result.h"

namespace antiphon::bus {

constexpr std::chrono::milliseconds kSharesPollStep{1'000};

struct ShareSettings {
  std::string group_id;
  std::string topic;
  std::string instance_id;  // empty: a dynamic member
  std::string note;         // up to 4096 bytes
  std::string note_left;    // what is left of a partition that was given up in order; empty: the note stays
  std::chrono::milliseconds session_timeout{6'000};
};

// Called on the shares' own thread, which sends no request meanwhile: heartbeats go on.
class ShareEvents {
 public:
  virtual ~ShareEvents() = default;
  // Ours from now on, each with the note that was left there before. Also when the group has divided anew and nothing
  // came.
  virtual void on_gained(const std::map<PartitionId, std::string>& partitions) = 0;
  // No longer ours when this returns. In an orderly move the group waits for it, and what is written in it still
  // counts. Which of them are left in order.
  virtual std::set<PartitionId> on_given_up(const std::set<PartitionId>& partitions) = 0;
  // Whether held() may answer otherwise.
  virtual void on_changed() {}
};

class Shares final : public GroupEvents {
 public:
  // `events` and `clock` must outlive the shares.
  static Result<std::unique_ptr<Shares>> join(const Connection& connection, const ShareSettings& settings,
                                              const Clock& clock, ShareEvents& events);
  ~Shares() override;  // leave()

  // Leaves the group: what is held is given up. Nothing is held afterwards. Idempotent.
  void leave();

  // That what was gained is still ours is known to be so. Thread-safe.
  [[nodiscard]] bool sure() const;
  // Ours, and known to be so. Thread-safe.
  [[nodiscard]] bool held(PartitionId partition) const;
  // The group's failure that only a new start, or a person, mends: kLimit when another process has our instance id.
  // Thread-safe.
  [[nodiscard]] std::optional<Error> failure() const;
  // Where the group's offset of a held partition stands, with the note: what a transaction of its holder commits again.
  // Thread-safe.
  [[nodiscard]] std::map<TopicPartition, Offset> offsets(const std::set<PartitionId>& partitions) const;
  // Moves the group's offset of what is held, for those who look at its lag. The group learns it within two seconds, or
  // by offsets(). Thread-safe.
  void advance(const std::map<PartitionId, Offset>& next);
  // For Membership. Lives as long as the shares.
  [[nodiscard]] GroupConsumer& group() { return *consumer_; }

  void on_assigned(const std::map<TopicPartition, Offset>& partitions) override;
  void on_revoked(const std::vector<TopicPartition>& partitions) override;
  void on_loss(const TopicPartition&, Offset, OffsetRange) override {}  // nothing is read by way of the group

 private:
  Shares(const ShareSettings& settings, const Clock& clock, ShareEvents& events)
      : topic_(settings.topic),
        note_(settings.note),
        note_left_(settings.note_left),
        gap_max_(settings.session_timeout / 2),
        clock_(clock),
        events_(events) {}
  void run();
  void poll();
  // The group is told where we are, and that it is we.
  void tell();
  // After a gap: whether the broker still takes us for the holder.
  void confirm();
  void give_up(const std::set<PartitionId>& partitions);
  void fail(const Error& error);

  const std::string topic_;
  const std::string note_;
  const std::string note_left_;
  // Without a poll. Heartbeats go out every third of a session, so nobody else has them before two thirds of one are
  // over.
  const std::chrono::milliseconds gap_max_;
  const Clock& clock_;
  ShareEvents& events_;
  std::unique_ptr<GroupConsumer> consumer_;
  std::atomic<std::int64_t> sure_at_ns_ = 0;  // monotonic
  mutable std::mutex mutex_;
  std::map<PartitionId, Offset> held_;  // guarded by mutex_; changed on the own thread only
  std::optional<Error> failure_;        // guarded by mutex_
  std::set<PartitionId> untold_;        // guarded by mutex_; the group does not know their offset or note yet
  bool telling_ = false;                // the group's answer is awaited
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace antiphon::bus
