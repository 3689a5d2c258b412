// StopToken: "please end", said once, seen by every thread and by poll(2).
//
// SIGTERM and SIGINT ask for an orderly end: unready, stop taking work, finish, flush, commit, leave; at most
// kShutdownSecondsMax. A second signal ends the process at once (_exit 130/143).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace antiphon {

constexpr std::chrono::seconds kShutdownSecondsMax{25};

// Copyable view of one StopSource; thread-safe.
class StopToken {
 public:
  [[nodiscard]] bool stop_requested() const;
  // Becomes readable at the request and stays so; for poll/epoll. Owned by the source.
  [[nodiscard]] int fd() const;
  // Sleeps up to `timeout`; true as soon as stop is requested.
  bool wait_for(std::chrono::milliseconds timeout) const;

 private:
  friend class StopSource;
  struct State;
  explicit StopToken(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class StopSource {
 public:
  StopSource();
  void request_stop() const;  // async-signal-safe, idempotent
  [[nodiscard]] StopToken token() const;

  // Routes SIGTERM and SIGINT to this source (once a process, before threads); SIGPIPE is ignored from then on.
  void install_signal_handlers();

 private:
  std::shared_ptr<StopToken::State> state_;
};

// Calls `then` once, on a thread of its own, when stop is requested: for loops that wait for something else than the
// token. Its destructor waits for a call that runs; afterwards there is none.
class WhenStopped {
 public:
  WhenStopped(StopToken stop, std::function<void()> then);
  ~WhenStopped();
  WhenStopped(const WhenStopped&) = delete;
  WhenStopped& operator=(const WhenStopped&) = delete;

 private:
  StopSource over_;
  std::thread thread_;
};

}  // namespace antiphon
