// libcurl's side of the store, against sockets that a test controls.
#include "adapters/blobs/s3/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace antiphon::blobs::s3 {
namespace {

// Listens, and answers each connection with what the test says; an empty text: it never answers.
class Server {
 public:
  explicit Server(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const int fd : open_) ::close(fd);
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/x", port_); }
  std::atomic<int> accepted{0};

 private:
  void serve() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      open_.push_back(fd);
      ++accepted;
      char request[4096];
      if (::recv(fd, request, sizeof(request), 0) <= 0 || answer_.empty()) continue;
      EXPECT_EQ(::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer_.size()));
    }
  }

  const std::string answer_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<int> open_;
  std::jthread thread_;
};

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.answer_bytes_max = 10;
  return request;
}

TEST(CurlClient, ReadsStatusHeadersAndBodyUpToTheBound) {
  Server server("HTTP/1.1 206 Partial\r\nETag: \"e\"\r\nX-Amz-Meta-A:  b \r\nContent-Length: 10\r\n\r\n0123456789");
  CurlClient client;
  const auto answer = client.perform(get(server.url()));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 206);
  EXPECT_EQ(answer->headers.at("x-amz-meta-a"), "b");
  EXPECT_EQ(as_text(answer->body), "0123456789");
}

TEST(CurlClient, AnAnswerAboveTheBoundIsBrokenOff) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a");
  CurlClient client;
  EXPECT_EQ(client.perform(get(server.url())).error().kind, ErrorKind::kLimit);
}

TEST(CurlClient, HeadersWithoutEndAreBrokenOff) {
  Server server("HTTP/1.1 200 OK\r\nX-A: " + std::string(80'000, 'a') + "\r\n\r\n");
  CurlClient client;
  EXPECT_EQ(client.perform(get(server.url())).error().kind, ErrorKind::kLimit);
}

TEST(CurlClient, GarbageAndARefusedConnectionAreNoAnswer) {
  CurlClient client;
  std::string url;
  {
    Server server("\x16\x03\x01 not HTTP at all\r\n\r\n");
    url = server.url();
    EXPECT_EQ(client.perform(get(url)).error().kind, ErrorKind::kUnavailable);
  }
  EXPECT_EQ(client.perform(get(url)).error().kind, ErrorKind::kUnavailable);
}

TEST(CurlClient, AnAbandonedRequestEndsThoughTheServerNeverAnswers) {
  Server server("");
  CurlClient client;
  std::jthread stopper([&] {
    while (server.accepted == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.abandon();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(client.perform(get(server.url())).error().kind, ErrorKind::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace antiphon::blobs::s3
