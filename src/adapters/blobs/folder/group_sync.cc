#include "adapters/blobs/folder/group_sync.h"

namespace antiphon::blobs {

Result<> GroupSync::sync(const std::string& folder, const std::function<Result<>()>& sync) {
  std::unique_lock lock(mutex_);
  State& state = folders_[folder];  // stays where it is while it has users
  ++state.users;
  const std::uint64_t mine = ++state.asked;
  Result<> outcome;
  while (state.done < mine) {
    if (state.running) {
      ended_.wait(lock);
      continue;
    }
    state.running = true;
    const std::uint64_t covered = state.asked;
    lock.unlock();
    outcome = sync();
    lock.lock();
    state.running = false;
    if (outcome) state.done = covered;
    ended_.notify_all();
    if (!outcome) break;
  }
  if (--state.users == 0) folders_.erase(folder);
  return outcome;
}

std::size_t GroupSync::callers(const std::string& folder) const {
  const std::lock_guard lock(mutex_);
  const auto it = folders_.find(folder);
  return it == folders_.end() ? 0 : it->second.users;
}

}  // namespace antiphon::blobs
