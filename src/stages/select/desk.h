// What the threads of one hold of the baton share: the planner and how each corpus fares, behind one mutex.
//
// The publisher sends what the planner gives; a worker a corpus reads ahead and offers; one thread follows
// prompt-state; the producer's thread acknowledges. Nobody holds the mutex while it waits for Kafka or a store.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "stages/select/planner.h"

namespace antiphon::select {

// How a corpus fares, as its worker sees it.
struct CorpusStanding {
  std::string trouble;                          // why it is offline; empty: it is not
  std::map<std::string, std::string> problems;  // object -> what is wrong with it
  bool looked_at = false;                       // listed once, or found to be away
  std::size_t objects = 0;
  std::uint64_t objects_changed = 0;  // since the start of this hold
  std::condition_variable work;       // there may be something to read, or the end is near
};

struct Desk {
  explicit Desk(const PlannerSettings& settings) : planner(settings) {
    for (std::size_t i = 0; i < settings.corpus_ids.size(); ++i) corpora.push_back(std::make_unique<CorpusStanding>());
  }

  // Under the mutex.
  void wake_publisher() {
    awake = true;
    publisher.notify_one();
  }
  void fail(Error error) {
    if (!failure) failure = std::move(error);
    wake_publisher();
  }
  void stop_all() {
    stopping = true;
    for (const auto& corpus : corpora) corpus->work.notify_all();
    wake_publisher();
  }

  std::mutex mutex;
  std::condition_variable publisher;
  bool awake = false;
  bool stopping = false;
  std::optional<Error> failure;  // ends the hold
  Planner planner;
  std::vector<std::unique_ptr<CorpusStanding>> corpora;
};

}  // namespace antiphon::select
