// What carries the bytes of a connection: the bare socket, or TLS on it. Nothing here ever waits.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kafka/broker/net/socket.h"
#include "kafka/log/partition.h"

namespace antiphon::kafka::broker {

// How many bytes moved (above 0), or one of these.
using Moved = std::int64_t;
constexpr Moved kBlocked = 0;  // nothing for now; epoll tells when it goes on
constexpr Moved kBroken = -1;  // the client is gone, or speaks something else

enum class Opening : std::uint8_t { kDone, kWaits, kRefused };

class Transport {
 public:
  virtual ~Transport() = default;

  // Goes on with what comes before the first byte of Kafka's; called on every event until it is kDone.
  virtual Opening open() = 0;
  // Why it was kRefused; empty: the client just went.
  [[nodiscard]] virtual std::string refusal() const { return {}; }
  // Fills the pieces in order. Fewer bytes than there is room: that was all for now.
  virtual Moved read(std::span<const iovec> to) = 0;
  // What is tried again after kBlocked must begin with the same bytes and be at least as long.
  virtual Moved write(std::span<const iovec> from, bool more_follows) = 0;
  // From `offset` of the slice on. Broken also when the file is shorter than it said.
  virtual Moved write_file(const log::LogSlice& file, std::uint64_t offset, std::size_t size) = 0;

  // Bytes that came, and of which epoll does not tell any more.
  [[nodiscard]] virtual bool holds_input() const { return false; }
  // Reading goes on only when the socket takes bytes (a handshake, a new key).
  [[nodiscard]] virtual bool reads_when_writable() const { return false; }
  [[nodiscard]] virtual int fd() const = 0;
};

// The bare socket: readv, sendmsg, sendfile.
class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Fd socket) : socket_(std::move(socket)) {}

  Opening open() override { return Opening::kDone; }
  Moved read(std::span<const iovec> to) override;
  Moved write(std::span<const iovec> from, bool more_follows) override;
  Moved write_file(const log::LogSlice& file, std::uint64_t offset, std::size_t size) override;
  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  const Fd socket_;
};

}  // namespace antiphon::kafka::broker
