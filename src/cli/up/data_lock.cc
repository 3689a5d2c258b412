#include "cli/up/data_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace antiphon::cli {
namespace {
constexpr std::chrono::milliseconds kRetry{20};
}

Result<DataLock> DataLock::take(const std::string& folder, std::chrono::milliseconds patience, const StopToken& stop) {
  const std::string path = folder + "/up.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno_error(errno, path);
  DataLock lock(fd);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return errno_error(errno, path);
    if (std::chrono::steady_clock::now() >= deadline) {
      std::array<char, 32> holder{};
      const auto n = ::pread(fd, holder.data(), holder.size() - 1, 0);
      return make_error(
          ErrorKind::kConfig,
          fmt::format(
              "the data folder {} is in use by another antiphon up (process {}); stop that one, or name another "
              "folder with --data",
              folder, n > 0 ? holder.data() : "unknown"));
    }
    if (stop.wait_for(kRetry)) return make_error(ErrorKind::kCancelled, "stopped while waiting for the data folder");
  }
  const std::string pid = fmt::format("{}", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) return errno_error(errno, path);
  return lock;
}

DataLock::DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace antiphon::cli
