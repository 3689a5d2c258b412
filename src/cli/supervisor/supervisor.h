// Supervisor: starts processes, restarts those that die with back-off, ends them in order.
//
// A process says "ready WHAT" on its standard output when it is up, and "status URL" when it serves health. One that
// ends before its first ready with a code that a restart cannot cure (64 usage, 74 I/O, 78 config), or five times in a
// row, ends the whole; one that was ready is always restarted. Single-threaded: run everything on one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/supervisor/child.h"
#include "core/clock.h"
#include "core/stop.h"

namespace antiphon::cli {

// How long to wait before the next start: 100 ms, doubling to 10 s; back to the beginning once it has lived for half a
// minute.
class RestartDelay {
 public:
  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kLast{10'000};
  static constexpr std::chrono::seconds kSettled{30};

  std::chrono::milliseconds next(std::chrono::nanoseconds lived);

 private:
  std::chrono::milliseconds delay_{0};
};

struct ChildSpec {
  std::string name;               // broker, select, studio, archive-NAME
  std::vector<std::string> argv;  // argv[0]: full path
  int stop_order = 0;             // lower ones are ended first, equal ones together
};

struct ChildReport {
  std::string name;
  pid_t pid = -1;  // -1: waiting for its restart
  std::string ready;
  std::string status_url;
  int restarts = 0;
  WallTime since;
};

class Supervisor {
 public:
  // `inherit`: descriptors every child keeps (the lock of the data folder lives as long as any of them).
  Supervisor(StopToken stop, const Clock& clock, std::vector<int> inherit);
  ~Supervisor();

  Result<> start(ChildSpec spec);
  // Serves until `name` has said ready; its words. kCancelled: stop was asked for.
  Result<std::string> wait_ready(const std::string& name);
  // Serves until stop is asked for or a child ends in a way that no restart cures.
  Result<> run();
  // SIGTERM by stop_order, each group at most kShutdownSecondsMax, then SIGKILL. True when all ended by themselves.
  bool stop_all();
  // After an error of wait_ready or run: the exit code of the child that caused it.
  [[nodiscard]] int fatal_code() const { return fatal_code_; }

  [[nodiscard]] std::vector<ChildReport> report() const;
  void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }

 private:
  struct Entry;
  Result<> spawn(Entry& entry);
  // One round: waits for output, ends, due restarts or stop, at most `timeout`.
  Result<> step(std::chrono::milliseconds timeout);
  void take_lines(Entry& entry);
  Result<> take_end(Entry& entry);
  void changed();
  Entry* find(const std::string& name);

  StopToken stop_;
  const Clock& clock_;
  std::vector<int> inherit_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::function<void()> on_change_;
  bool stopping_ = false;
  int fatal_code_ = 70;
};

}  // namespace antiphon::cli
