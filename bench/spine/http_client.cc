#include "http_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace antiphon::bench {
namespace {

Result<> send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0) return errno_error(errno, "send");
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<HttpClient> HttpClient::connect(const std::string& host, std::uint16_t port) {
  HttpClient client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    return make_error(ErrorKind::kUsage, host + " is no IPv4 address");
  const int one = 1;
  ::setsockopt(client.fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error(errno, "connect");
  return client;
}

HttpClient::HttpClient(HttpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<HttpAnswer> HttpClient::call(std::string_view method, std::string_view path, std::string_view headers,
                                    std::string_view body) {
  const std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: bench\r\n{}Content-Length: {}\r\n\r\n", method, path, headers, body.size());
  ANTIPHON_TRY_VOID(send_all(fd_, head));
  ANTIPHON_TRY_VOID(send_all(fd_, body));
  HttpAnswer answer;
  answer.sent = std::chrono::steady_clock::now();
  std::string in;
  std::array<char, 16384> buffer{};
  std::size_t head_end = std::string::npos;
  std::size_t length = 0;
  while (head_end == std::string::npos || in.size() < head_end + length) {
    const auto n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n <= 0) return errno_error(n == 0 ? ECONNRESET : errno, "receive");
    in.append(buffer.data(), static_cast<std::size_t>(n));
    if (head_end != std::string::npos || in.find("\r\n\r\n") == std::string::npos) continue;
    head_end = in.find("\r\n\r\n") + 4;
    if (const auto at = in.find("Content-Length: "); at < head_end)
      std::from_chars(in.data() + at + 16, in.data() + head_end, length);
  }
  answer.answered = std::chrono::steady_clock::now();
  std::from_chars(in.data() + 9, in.data() + 12, answer.status);
  answer.body = in.substr(head_end, length);
  return answer;
}

}  // namespace antiphon::bench
