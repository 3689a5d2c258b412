#include "kafka/broker/net/socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace antiphon::kafka::broker {
namespace {

constexpr int kBacklog = 1024;

Result<Listener> listen_at(const addrinfo& at, const std::string& shown) {
  Fd socket(::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return errno_error(errno, "socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), at.ai_addr, at.ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    const int error = errno;
    if (error == EADDRINUSE) {
      return make_error(
          ErrorKind::kConfig,
          fmt::format("{} is in use; stop what listens there or choose another port (port 0 takes a free one)", shown));
    }
    if (error == EADDRNOTAVAIL)
      return make_error(ErrorKind::kConfig, fmt::format("{} is no address of this machine", shown));
    return make_error(ErrorKind::kConfig, fmt::format("cannot listen on {}: {}", shown, std::strerror(error)));
  }
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0)
    return errno_error(errno, "getsockname");
  const std::uint16_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                         : reinterpret_cast<sockaddr_in*>(&bound)->sin_port;
  return Listener{std::move(socket), ntohs(port)};
}

}  // namespace

Result<Listener> listen_on(const std::string& host, std::uint16_t port) {
  const std::string shown = fmt::format("{}:{}", host, port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    return make_error(ErrorKind::kConfig, fmt::format("cannot listen on {}: {}", shown, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  const addrinfo* chosen = found;  // IPv4 first: a name that has both is reached by every client that way
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET) continue;
    chosen = each;
    break;
  }
  return listen_at(*chosen, shown);
}

std::string host_text(const sockaddr_storage& address, socklen_t length) {
  char text[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0)
    return "/unknown";
  return fmt::format("/{}", text);
}

}  // namespace antiphon::kafka::broker
