#include "cli/supervisor/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace antiphon::cli {
namespace {

// Between fork and exec only async-signal-safe calls: other threads of ours may hold locks.
[[noreturn]] void become(char* const* argv, int output, const std::vector<int>& inherit, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  ::setpgid(0, 0);                          // Ctrl-C reaches only the supervisor, which ends the children in order
  ::dup2(output, STDOUT_FILENO);
  for (const int fd : inherit) ::fcntl(fd, F_SETFD, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(argv[0], argv);
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& argv, const std::vector<int>& inherit) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) return errno_error(errno, "pipe");
  std::vector<std::string> copy = argv;
  std::vector<char*> raw;
  raw.reserve(copy.size() + 1);
  for (auto& argument : copy) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(raw.data(), output[1], inherit, parent);
  const int fork_error = errno;
  ::close(output[1]);
  if (pid < 0) {
    ::close(output[0]);
    return errno_error(fork_error, "fork");
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  Child child(pid, pid_fd, output[0]);
  if (pid_fd < 0) return errno_error(errno, "pidfd_open (Linux 5.3 or newer is needed)");
  ::fcntl(pid_fd, F_SETFD, FD_CLOEXEC);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      partial_(std::move(other.partial_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pid_fd_, other.pid_fd_);
  std::swap(output_fd_, other.output_fd_);
  std::swap(partial_, other.partial_);
  return *this;
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_output();
  if (pid_fd_ >= 0) ::close(pid_fd_);
}

void Child::close_output() {
  if (output_fd_ >= 0) ::close(output_fd_);
  output_fd_ = -1;
}

std::vector<std::string> Child::read_lines() {
  std::vector<std::string> lines;
  std::array<char, 4096> buffer{};
  while (output_fd_ >= 0) {
    const auto n = ::read(output_fd_, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) close_output();
    if (n <= 0) break;
    partial_.append(buffer.data(), static_cast<std::size_t>(n));
    for (auto feed = partial_.find('\n'); feed != std::string::npos; feed = partial_.find('\n')) {
      lines.push_back(partial_.substr(0, feed));
      partial_.erase(0, feed + 1);
    }
    if (partial_.size() > kChildLineBytesMax) partial_.clear();
  }
  return lines;
}

std::optional<int> Child::reap() {
  if (pid_ <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

}  // namespace antiphon::cli
