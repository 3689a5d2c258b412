// The lock of a data folder: held by `up` and, through an inherited descriptor, by every child, so that it is free only
// when the last of them is gone.
#pragma once

#include <chrono>
#include <string>

#include "core/result.h"
#include "core/stop.h"

namespace antiphon::cli {

class DataLock {
 public:
  // Waits up to `patience` for a predecessor that is ending; kConfig with its process id after that.
  static Result<DataLock> take(const std::string& folder, std::chrono::milliseconds patience, const StopToken& stop);
  DataLock(DataLock&& other) noexcept;
  DataLock& operator=(DataLock&&) = delete;
  ~DataLock();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace antiphon::cli
