// The baton: partition 0 of NAMESPACE.corpus-state in the group NAMESPACE.select. Who holds it publishes; the others
// stand by.
//
// Kafka gives it to one member of the group at a time. A process that was stopped (SIGSTOP, a laptop's lid) may have
// lost it without knowing: after a gap the broker is asked before it counts as held again. Thread-safe; one thread of
// its own polls.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "adapters/bus/connection.h"
#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/result.h"
#include "events/topics.h"

namespace antiphon::select {

constexpr std::chrono::milliseconds kBatonPollStep{200};
constexpr std::chrono::milliseconds kBatonGapMax{1'500};  // without a poll; a quarter of the default session timeout

class Baton final : public bus::GroupEvents {
 public:
  // `changed` is called on the baton's own thread whenever held() may answer otherwise.
  static Result<std::unique_ptr<Baton>> join(const bus::Connection& connection, const events::Topics& topics,
                                             std::chrono::milliseconds session_timeout, const Clock& clock,
                                             std::function<void()> changed);
  ~Baton() override;  // leaves the group

  // Ours, and known to be so.
  [[nodiscard]] bool held() const;
  // Rises whenever the baton is lost: who holds it in one hold does not hold it in the next.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  // The group's failure that only a new start mends.
  [[nodiscard]] bool broken() const { return broken_; }

  void on_assigned(const std::map<bus::TopicPartition, Offset>& partitions) override;
  void on_revoked(const std::vector<bus::TopicPartition>& partitions) override;
  void on_loss(const bus::TopicPartition& partition, Offset committed, bus::OffsetRange available) override;

 private:
  Baton(bus::TopicPartition partition, const Clock& clock, std::function<void()> changed)
      : partition_(std::move(partition)), clock_(clock), changed_(std::move(changed)) {}
  void run();
  void take(Offset offset);
  void lose();
  // After a gap: whether the broker still takes us for the holder.
  void confirm();

  bus::TopicPartition partition_;
  const Clock& clock_;
  std::function<void()> changed_;
  std::unique_ptr<bus::GroupConsumer> consumer_;
  Offset start_{0};
  std::atomic<bool> held_ = false;
  std::atomic<std::int64_t> sure_at_ns_ = 0;  // monotonic
  std::atomic<std::uint64_t> losses_ = 0;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> stopping_ = false;
  bool fresh_ = false;  // assigned and not yet paused
  std::thread thread_;
};

}  // namespace antiphon::select
