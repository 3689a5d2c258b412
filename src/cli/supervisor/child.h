// One child process: its standard output read line by line, its end seen through a pidfd.
//
// The child gets SIGKILL when this process dies, however it dies (PR_SET_PDEATHSIG; every stage is made to survive
// that), and keeps every descriptor in `inherit`. Standard error is ours. Single-threaded; start it from the thread
// that lives as long as the process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace antiphon::cli {

constexpr std::size_t kChildLineBytesMax = 64UL * 1024;  // of standard output without a line feed

class Child {
 public:
  // argv[0] is the full path of the program.
  static Result<Child> start(const std::vector<std::string>& argv, const std::vector<int>& inherit);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();  // kills and reaps it if it still runs

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int output_fd() const { return output_fd_; }  // readable when lines wait; -1 after its end
  [[nodiscard]] int exit_fd() const { return pid_fd_; }       // readable when it has ended
  // What came since the last call, without line feeds. Never blocks.
  std::vector<std::string> read_lines();
  // Its exit code, or 128 + signal, once it has ended. Never blocks.
  std::optional<int> reap();
  void signal(int number) const;

 private:
  Child(pid_t pid, int pid_fd, int output_fd) : pid_(pid), pid_fd_(pid_fd), output_fd_(output_fd) {}
  void close_output();

  pid_t pid_ = -1;  // -1: reaped or moved away
  int pid_fd_ = -1;
  int output_fd_ = -1;
  std::string partial_;
};

}  // namespace antiphon::cli
