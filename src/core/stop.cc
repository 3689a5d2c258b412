#include "core/stop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "core/assert.h"

namespace antiphon {

struct StopToken::State {
  std::atomic<bool> requested = false;
  int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  State() { ANTIPHON_ASSERT(fd >= 0); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::close(fd); }
};

namespace {

std::atomic<const StopSource*> g_signal_source = nullptr;  // what a signal handler can reach; lives as long as main
std::atomic<int> g_signals = 0;

void on_signal(int number) {
  const int saved_errno = errno;
  if (g_signals.fetch_add(1) > 0) ::_exit(128 + number);
  if (const StopSource* source = g_signal_source.load()) source->request_stop();
  errno = saved_errno;
}

}  // namespace

bool StopToken::stop_requested() const { return state_->requested.load(std::memory_order_acquire); }
int StopToken::fd() const { return state_->fd; }

bool StopToken::wait_for(std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!stop_requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return stop_requested();
    pollfd p{state_->fd, POLLIN, 0};
    ::poll(&p, 1, static_cast<int>(left.count()));
  }
  return true;
}

StopSource::StopSource() : state_(std::make_shared<StopToken::State>()) {}

void StopSource::request_stop() const {
  state_->requested.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(state_->fd, &one, sizeof one);
}

StopToken StopSource::token() const { return StopToken(state_); }

WhenStopped::WhenStopped(StopToken stop, std::function<void()> then)
    : thread_([stop = std::move(stop), over = over_.token(), then = std::move(then)] {
        pollfd both[2] = {{stop.fd(), POLLIN, 0}, {over.fd(), POLLIN, 0}};
        while (!over.stop_requested()) {
          if (stop.stop_requested()) return then();
          ::poll(both, 2, -1);
        }
      }) {}

WhenStopped::~WhenStopped() {
  over_.request_stop();
  thread_.join();
}

void StopSource::install_signal_handlers() {
  g_signal_source.store(this);
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace antiphon
