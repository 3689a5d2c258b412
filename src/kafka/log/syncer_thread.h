// The syncer's thread in service: run_once() for ever, asleep while nothing is queued. Ends with its owner, after all
// that was queued before has been settled.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "kafka/log/log.h"

namespace antiphon::kafka::log {

class SyncerThread {
 public:
  // The syncer outlives the thread; its on_settled() has been set.
  explicit SyncerThread(JournalSyncer& syncer) : syncer_(syncer), thread_([this] { run(); }) {}
  ~SyncerThread() { stop(); }
  SyncerThread(const SyncerThread&) = delete;
  SyncerThread& operator=(const SyncerThread&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    syncer_.wake();
    thread_.join();
  }

 private:
  void run() {
    while (!stopping_) {
      if (!syncer_.run_once()) syncer_.wait(std::chrono::seconds(1));
    }
    while (syncer_.run_once()) {
    }
  }

  JournalSyncer& syncer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace antiphon::kafka::log
