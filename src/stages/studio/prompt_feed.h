// New sentences as they are published: one thread that reads prompts from where the start ended.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
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
  // Everything given must outlive the feed. `from`: the first offset of each partition that is not read yet.
  PromptFeed(std::string topic, std::unique_ptr<bus::PartitionReader> reader, std::map<PartitionId, Offset> from,
             Desk& desk, const Clock& clock, Health& health, StudioMetrics& metrics);
  ~PromptFeed();  // stops; who still waits is told kCancelled

  Result<> start();
  // Calls back, on the feed's thread, once everything that stood in the partition at this moment is known: or
  // kUnavailable, kLimit.
  void catch_up(PartitionId partition, std::function<void(Result<>)> then);
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
  void read();
  void use(const IncomingRecord& record);
  void answer_catch_ups();
  bool answer(CatchUp& catch_up, std::optional<Error>& away);

  const std::string topic_;
  std::unique_ptr<bus::PartitionReader> reader_;
  std::map<PartitionId, Offset> next_;  // not read yet; the thread's own
  Desk& desk_;
  const Clock& clock_;
  Health& health_;
  StudioMetrics& metrics_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::deque<CatchUp> catch_ups_;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace antiphon::studio
