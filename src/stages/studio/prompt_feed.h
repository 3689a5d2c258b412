// New sentences as they are published: one thread that reads the partitions of prompts that are owned here, each from
// where its loading ended.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/bus/consumer.h"
#include "core/clock.h"
#include "core/health.h"
#include "stages/studio/desk.h"

namespace antiphon::studio {

constexpr std::size_t kCatchUpsMax = 256;  // uploads that wait for the end of prompts at once
constexpr std::chrono::milliseconds kCatchUpTimeMax{5'000};

class PromptFeed {
 public:
  // A reader that was given other partitions would first wait for the fetch that is under way: each change gets a new
  // one.
  using MakeReader = std::function<Result<std::unique_ptr<bus::PartitionReader>>()>;

  // Everything given must outlive the feed.
  PromptFeed(std::string topic, MakeReader make_reader, Desk& desk, const Clock& clock, Health& health,
             StudioMetrics& metrics);
  ~PromptFeed();  // stops; who still waits is told kCancelled

  // `from`: the first offset of each that is not read yet.
  void follow(const std::map<PartitionId, Offset>& from);
  void leave(const std::set<PartitionId>& partitions);
  // Calls back, on the feed's thread, once everything that stood in the partition at this moment is known: or
  // kUnavailable, kLimit.
  void catch_up(PartitionId partition, std::function<void(Result<>)> then);
  // Of each that is followed: the first offset not read yet.
  [[nodiscard]] std::map<PartitionId, Offset> next() const;
  // Nothing, or why the feed has ended by itself.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct CatchUp {
    PartitionId partition;
    MonoTime until;
    std::function<void(Result<>)> then;
    std::optional<Offset> end;  // asked for once
  };
  void run();
  bool follow_changes();
  void fail(Error error);
  void wake();
  void read();
  void use(const IncomingRecord& record);
  void answer_catch_ups();
  bool answer(CatchUp& catch_up, std::optional<Error>& away);

  const std::string topic_;
  const MakeReader make_reader_;
  std::unique_ptr<bus::PartitionReader> reader_;  // changed by the thread only, under the mutex
  std::map<PartitionId, Offset> next_;            // not read yet; changed as reader_ is
  Desk& desk_;
  const Clock& clock_;
  Health& health_;
  StudioMetrics& metrics_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable woken_;           // while there is no reader
  std::map<PartitionId, Offset> followed_;  // as told, with the offset it began at
  bool changed_ = false;
  std::deque<CatchUp> catch_ups_;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace antiphon::studio
