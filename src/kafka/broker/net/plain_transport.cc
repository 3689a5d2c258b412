#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

#include "kafka/broker/net/transport.h"

namespace antiphon::kafka::broker {
namespace {

Moved outcome(ssize_t n) {
  if (n > 0) return n;
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? kBlocked : kBroken;
}

}  // namespace

Moved PlainTransport::read(std::span<const iovec> to) {
  return outcome(::readv(socket_.get(), to.data(), static_cast<int>(to.size())));
}

Moved PlainTransport::write(std::span<const iovec> from, bool more_follows) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());  // sendmsg does not write to it
  message.msg_iovlen = from.size();
  return outcome(::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0)));
}

Moved PlainTransport::write_file(const log::LogSlice& file, std::uint64_t offset, std::size_t size) {
  off_t at = static_cast<off_t>(file.position + offset);
  return outcome(::sendfile(socket_.get(), file.file->native_handle(), &at, size));
}

}  // namespace antiphon::kafka::broker
