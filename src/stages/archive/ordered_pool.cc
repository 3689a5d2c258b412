#include "stages/archive/ordered_pool.h"

#include <utility>

namespace antiphon::archive {

OrderedPool::OrderedPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

OrderedPool::~OrderedPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ready_.clear();
    waiting_.clear();
  }
  something_ready_.notify_all();
  threads_.clear();  // joins
}

void OrderedPool::submit(const std::string& key, Task task) {
  {
    const std::lock_guard lock(mutex_);
    const auto [it, first] = waiting_.try_emplace(key);
    if (!first) {
      it->second.push_back(std::move(task));
      return;
    }
    ready_.push_back({key, std::move(task)});
  }
  something_ready_.notify_one();
}

void OrderedPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    something_ready_.wait(lock, [this] { return ending_ || !ready_.empty(); });
    if (ending_) return;
    Ready next = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    next.task();
    next.task = nullptr;  // its captures end here, not under the lock
    lock.lock();
    const auto it = waiting_.find(next.key);
    if (it == waiting_.end()) continue;  // ending
    if (it->second.empty()) {
      waiting_.erase(it);
      continue;
    }
    ready_.push_back({next.key, std::move(it->second.front())});
    it->second.pop_front();
    // This thread takes it, or another that is awake sooner; nobody needs to be woken for it.
  }
}

}  // namespace antiphon::archive
