// The desk between the people and Kafka: leases behind one lock, uploads that wait for their acknowledgement, skips
// that wait until they are written.
//
// Thread-safe: connections, the producer's callbacks, the feed of prompts and the writer all come here. The lock is
// held for table work only, never while something is sent, hashed or answered.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "adapters/bus/producer.h"
#include "adapters/http/routes.h"
#include "core/clock.h"
#include "events/topics.h"
#include "stages/studio/leases.h"
#include "stages/studio/skips.h"
#include "stages/studio/studio_metrics.h"
#include "stages/studio/upload.h"

namespace antiphon::studio {

constexpr std::size_t kWaitersPerTakeMax =
    16;  // retries that wait for one acknowledgement; more are told to come again

struct DeskSettings {
  events::Topics topics;
  std::int32_t partitions = 6;
  LeaseRules rules{};
  std::chrono::milliseconds receipt_time_max{8'000};
  std::size_t in_flight_bytes_max = 64U << 20;
  // Whether what this studio owns is known to be still its own: else nothing is granted or taken. Any thread.
  std::function<bool()> sure = [] { return true; };
};

class Desk {
 public:
  // Everything given must outlive the desk; `random` is used under its lock only.
  Desk(DeskSettings settings, bus::Producer& producer, const Clock& clock, Random& random, StudioMetrics& metrics);

  // Table work: loading, prompts that arrive, numbers. Do not block in it.
  template <class Work>
  auto with_leases(Work work) {
    const ChangeTold told(*this);
    return work(leases_);
  }

  [[nodiscard]] http::Response next(const GrantRequest& request);
  void give_back(const Id128& lease);
  // As take(): false where nothing is known of its prompt yet. 204 once it stands in prompt-state, or where there is
  // nothing to do; 503 when it takes too long or the partition goes: the next owner is to be told.
  bool skip(const SkipRequest& request, const http::Responder& responder);
  // How an upload ends when nothing is known of its prompt yet: false is returned, nothing is taken and the responder
  // is untouched. Otherwise it is answered, now or when Kafka or the time has spoken, and the body is taken where it is
  // to be sent.
  bool take(const Upload& upload, std::string& body, const http::Responder& responder);

  // Until there is something to write or somebody who waits, up to `timeout`; or until a nudge.
  void wait_for_work(std::chrono::milliseconds timeout);
  void nudge();
  // What the writer does every few milliseconds while there is work: leases run out, waiters lose patience.
  void tick();
  // What prompt-state does not know yet, `most` of it; then call written() or changed_again().
  [[nodiscard]] std::vector<StateChange> changes(std::size_t most);
  void written(const std::vector<StateChange>& changes);
  void changed_again(const std::vector<StateChange>& changes);
  // Whoever waits for something of theirs to be written is told to ask the next owner.
  void disown(const std::set<PartitionId>& partitions);
  // Until no take of the partition waits for Kafka's answer. False after `timeout`.
  bool wait_until_answered(PartitionId partition, std::chrono::milliseconds timeout);

  // Whether sentences of this partition are given and taken here.
  [[nodiscard]] bool serves(PartitionId partition);
  // The same of any partition.
  [[nodiscard]] bool serves();
  [[nodiscard]] std::int32_t partitions() const { return settings_.partitions; }
  [[nodiscard]] std::size_t in_flight_bytes() const;
  // The producer has lost track of what it sent: the process must start again and read what the log holds.
  [[nodiscard]] bool outcome_lost() const { return outcome_lost_; }

 private:
  // Holds the lock, and tells the writer at its end when there is work from now on.
  class ChangeTold {
   public:
    explicit ChangeTold(Desk& desk) : desk_(desk), lock_(desk.mutex_) {}
    ~ChangeTold() {
      if (desk_.writer_idle_ && desk_.has_work()) desk_.work_.notify_one();
    }
    ChangeTold(const ChangeTold&) = delete;
    ChangeTold& operator=(const ChangeTold&) = delete;

   private:
    Desk& desk_;
    std::lock_guard<std::mutex> lock_;
  };
  struct Waiter {
    http::Responder responder;
    int status = 201;  // 200 for who only joined
    MonoTime until;
  };
  [[nodiscard]] bool has_work() const { return leases_.has_changes() || !waiters_.empty(); }
  void send(const Upload& upload, std::string body, const ToBeSent& decision);
  void delivered(std::uint64_t number, std::size_t bytes, const Result<bus::Delivered>& result);
  void failed(std::uint64_t number, std::size_t bytes, const Error& error);
  [[nodiscard]] bool join(std::uint64_t number, const http::Responder& responder, int status);
  std::vector<Waiter> take_waiters(std::uint64_t number);

  const DeskSettings settings_;
  bus::Producer& producer_;
  const Clock& clock_;
  StudioMetrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable answered_;
  bool writer_idle_ = false;
  bool nudged_ = false;
  Leases leases_;
  std::unordered_map<std::uint64_t, std::vector<Waiter>> waiters_;  // by number of the take
  Skips skips_;
  std::size_t in_flight_bytes_ = 0;
  std::atomic<bool> outcome_lost_{false};
};

}  // namespace antiphon::studio
