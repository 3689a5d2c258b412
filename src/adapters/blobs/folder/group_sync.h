// GroupSync: many threads that need one folder durable share the syncs of it. A sync that begins after a change covers
// it, so who comes while one runs waits for the next, and all of them for the same. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/result.h"

namespace antiphon::blobs {

class GroupSync {
 public:
  // Returns when a `sync` of `folder` that began after this call has succeeded. Each caller brings its own (of a
  // descriptor of its own: the kernel tells an error to each descriptor once); one whose own failed gets that error,
  // the others go on with theirs.
  Result<> sync(const std::string& folder, const std::function<Result<>()>& sync);
  [[nodiscard]] std::size_t callers(const std::string& folder) const;  // inside sync() now

 private:
  struct State {
    std::uint64_t asked = 0;  // changes so far
    std::uint64_t done = 0;   // of these, how many a sync has covered
    bool running = false;
    std::size_t users = 0;
  };

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_map<std::string, State> folders_;  // those somebody waits for
};

}  // namespace antiphon::blobs
