// Storer: the threads that keep records, and what they do when the store is away: they wait, longer each time, and try
// again until it answers, the partition is taken from us, or the process ends. A record leaves it with an outcome that
// is decided, or dropped.
//
// submit() and the rest are for one thread, the consumer's; the bound on what is under way is kept there.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/random.h"
#include "stages/archive/keeper.h"
#include "stages/archive/ordered_pool.h"
#include "stages/archive/outage.h"

namespace antiphon::archive {

// One time that a partition was ours. What finishes under an earlier one no longer counts.
struct Assignment {
  bus::TopicPartition partition;
  std::atomic<bool> ended{false};  // what has not begun shall not; what failed is not tried again
  std::size_t in_flight = 0;       // taken and not yet released; the consumer's thread only
};

struct Job {
  std::shared_ptr<Assignment> assignment;
  std::unique_ptr<bus::Message> message;
};

struct Finished {
  Job job;
  std::optional<Outcome> outcome;  // nothing: dropped, undecided
  std::uint32_t attempts = 0;
  std::optional<WallTime> first_failed_at;
  std::chrono::nanoseconds took{0};             // the attempt that decided
  std::chrono::nanoseconds arrival_to_done{0};  // from the record's timestamp; by two clocks, so perhaps negative
};

struct StorerSettings {
  int parallel = 16;
  std::chrono::milliseconds retry_delay_min{100};
  std::chrono::milliseconds retry_delay_max{5'000};
};

class Storer {
 public:
  // All must outlive it.
  Storer(Keeper& keeper, const Clock& clock, Outage& outage, const StorerSettings& settings);
  ~Storer();

  void submit(Job job);
  std::vector<Finished> take_finished();
  // Up to `timeout`; true when something is finished.
  bool wait_finished(std::chrono::milliseconds timeout);
  // After an assignment was marked as ended: those that wait for the store look again.
  void look_again();
  // From now on nothing is tried again: what fails is dropped. What runs may finish.
  void give_up();

 private:
  Finished keep(Job job);
  // False: no longer wanted.
  bool wait_before_retry(const Job& job, std::uint32_t attempt);
  [[nodiscard]] bool unwanted(const Job& job) const { return giving_up_ || job.assignment->ended; }

  Keeper& keeper_;
  const Clock& clock_;
  Outage& outage_;
  const StorerSettings settings_;
  std::atomic<bool> giving_up_{false};

  std::mutex mutex_;
  std::condition_variable retry_;
  std::condition_variable some_finished_;
  std::vector<Finished> finished_;  // guarded by mutex_
  SystemRandom random_;             // guarded by mutex_; jitter

  OrderedPool pool_;  // last: its threads end before the rest
};

}  // namespace antiphon::archive
