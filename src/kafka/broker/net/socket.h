// File descriptors and sockets, as little as the reactor needs.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "core/result.h"
#include "kafka/broker/broker.h"

namespace antiphon::kafka::broker {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Listener {
  Fd socket;
  std::uint16_t port = 0;  // the one that was taken
};

// Not blocking. kConfig: the port is in use or the address is not this machine's, with what to do about it.
Result<Listener> listen_on(const std::string& host, std::uint16_t port);

// "/127.0.0.1", as Kafka writes a client's host; "/unknown" where it cannot be told.
std::string host_text(const sockaddr_storage& address, socklen_t length);

}  // namespace antiphon::kafka::broker
