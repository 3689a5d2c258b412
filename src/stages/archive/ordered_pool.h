// OrderedPool: a few threads that run tasks side by side, those of one key one after the other in the order they came.
//
// The caller bounds how much is submitted; the pool keeps no limit of its own. Thread-safe. The destructor drops what
// has not begun and waits for what runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace antiphon::archive {

class OrderedPool {
 public:
  using Task = std::function<void()>;

  explicit OrderedPool(int threads);
  ~OrderedPool();
  OrderedPool(const OrderedPool&) = delete;
  OrderedPool& operator=(const OrderedPool&) = delete;

  void submit(const std::string& key, Task task);

 private:
  struct Ready {
    std::string key;
    Task task;
  };
  void work();

  std::mutex mutex_;
  std::condition_variable something_ready_;
  bool ending_ = false;
  std::deque<Ready> ready_;  // at most one of a key
  std::unordered_map<std::string, std::deque<Task>>
      waiting_;  // a key stands here while one of its tasks is ready or runs
  std::vector<std::jthread> threads_;
};

}  // namespace antiphon::archive
