// The baton: the only partition of a topic in a consumer group. Who holds it works; the others of the group stand by.
//
// Kafka gives it to one member of the group at a time. A member with an instance id that died has it back as soon as it
// is there again under the same id; without one, or towards another member, the dead are given the session timeout. (A
// member with an instance id does not leave: the others wait that long for an orderly end, too.) A process that was
// stopped (SIGSTOP, a laptop's lid) may have lost it without knowing: after a gap the broker is asked before it counts
// as held again. Thread-safe; one thread of its own polls.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "adapters/bus/connection.h"
#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/result.h"

namespace antiphon::bus {

constexpr std::chrono::milliseconds kBatonPollStep{1'000};

struct BatonSettings {
  std::string group_id;
  std::string topic;
  std::string instance_id;  // empty: a dynamic member
  std::chrono::milliseconds session_timeout{6'000};
};

class Baton final : public GroupEvents {
 public:
  // `changed` is called on the baton's own thread whenever held() may answer otherwise.
  static Result<std::unique_ptr<Baton>> join(const Connection& connection, const BatonSettings& settings,
                                             const Clock& clock, std::function<void()> changed);
  ~Baton() override;  // leaves the group

  // Ours, and known to be so.
  [[nodiscard]] bool held() const;
  // Rises whenever the baton is lost: who holds it in one hold does not hold it in the next.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  // The group's failure that only a new start, or a person, mends: kConfig when another process has our instance id.
  [[nodiscard]] std::optional<Error> failure() const;

  void on_assigned(const std::map<TopicPartition, Offset>& partitions) override;
  void on_revoked(const std::vector<TopicPartition>& partitions) override;
  void on_loss(const TopicPartition& partition, Offset committed, OffsetRange available) override;

 private:
  Baton(const BatonSettings& settings, const Clock& clock, std::function<void()> changed)
      : partition_{settings.topic, PartitionId(0)},
        gap_max_(settings.session_timeout / 2),
        clock_(clock),
        changed_(std::move(changed)) {}
  void run();
  void take(Offset offset);
  void lose();
  // After a gap: whether the broker still takes us for the holder.
  void confirm();

  TopicPartition partition_;
  // Without a poll. Heartbeats go out every third of a session, so nobody else has it before two thirds of one are
  // over.
  std::chrono::milliseconds gap_max_;
  const Clock& clock_;
  std::function<void()> changed_;
  std::unique_ptr<GroupConsumer> consumer_;  // made and given up under mutex_
  Offset start_{0};
  std::atomic<bool> held_ = false;
  std::atomic<std::int64_t> sure_at_ns_ = 0;  // monotonic
  std::atomic<std::uint64_t> losses_ = 0;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
  std::atomic<bool> stopping_ = false;
  bool fresh_ = false;  // assigned and not yet paused
  std::thread thread_;
};

}  // namespace antiphon::bus
