// The client against our own server over loopback, and against sockets that keep no promise.
#include "adapters/http/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include "adapters/http/server.h"

namespace antiphon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What `then` was told, in the order it came.
class Told {
 public:
  Client::Then then() {
    return [this](Result<Response> result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  Result<Response> next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, seconds{20}, [this] { return !results_.empty(); }))
      return make_error(ErrorKind::kInternal, "nothing was told");
    Result<Response> result = std::move(results_.front());
    results_.pop_front();
    return result;
  }
  ErrorKind next_error() {
    const auto result = next();
    return result ? ErrorKind::kInternal : result.error().kind;
  }
  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return results_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<Response>> results_;
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    Routes routes;
    routes.add(Method::kPut, "/echo/{x}",
               [](Request request, const Responder& to) {
                 Response response = Response::text(201, std::move(request.body));
                 response.headers.emplace_back("X-Heard", std::string(request.header("X-Said").value_or("nothing")));
                 response.headers.emplace_back("X-Type", std::string(request.header("Content-Type").value_or("none")));
                 response.headers.emplace_back("X-Segment", request.captures.at(0));
                 response.headers.emplace_back("X-Query", std::string(request.target.query.get("q").value_or("none")));
                 to.answer(std::move(response));
               },
               {.body_bytes_max = 4U << 20});
    routes.add(Method::kGet, "/hello", [this](const Request&, const Responder& to) {
      const std::size_t now = server_->connections();
      std::size_t before = connections_seen_;
      while (before < now && !connections_seen_.compare_exchange_weak(before, now)) {
      }
      to.answer(Response::text(200, "hello"));
    });
    routes.add(Method::kDelete, "/hello", [](const Request&, const Responder& to) { to.answer(Response::empty(204)); });
    routes.add(Method::kGet, "/large", [](const Request&, const Responder& to) {
      to.answer(Response::text(200, std::string((1U << 20) + 1, 'x')));
    });
    routes.add(Method::kGet, "/elsewhere",
               [](const Request&, const Responder& to) { to.answer(Response::empty(302).with("Location", "/hello")); });
    routes.add(Method::kPut, "/never", [this](const Request&, const Responder& to) { hold(to); },
               {.body_bytes_max = 4U << 20});
    ServerSettings settings;
    settings.limits.loopback_exempt = true;
    server_ = std::move(*Server::start(settings, std::move(routes), nullptr));
  }
  ~ClientTest() override {
    client_.reset();
    server_->stop(milliseconds{0});
  }

  Client& start(ClientSettings settings = {}) {
    client_ = std::move(*Client::start(std::move(settings)));
    return *client_;
  }
  [[nodiscard]] std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + target;
  }
  ClientRequest never(std::size_t bytes = 0) const {
    ClientRequest request{.method = Method::kPut, .url = url("/never")};
    request.body = std::make_shared<const std::string>(bytes, 'x');
    return request;
  }
  void wait_until_held(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds{20}, [&] { return held_.size() >= count; }));
  }

  std::atomic<std::size_t> connections_seen_{0};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
  Told told_;

 private:
  void hold(const Responder& to) {
    const std::lock_guard lock(mutex_);
    held_.push_back(to);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> held_;
};

TEST_F(ClientTest, CarriesARequestAndItsAnswerWhole) {
  ClientRequest request{.method = Method::kPut, .url = url("/echo/a%20b?q=1%2B1")};
  request.headers = {{"X-Said", "two words"}, {"Content-Type", "audio/webm"}};
  request.body = std::make_shared<const std::string>(3U << 18, 'v');
  start().send(request, told_.then());
  const auto answer = told_.next();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, *request.body);
  EXPECT_EQ(find_header(answer->headers, "X-Heard"), "two words");
  EXPECT_EQ(find_header(answer->headers, "X-Type"), "audio/webm");
  EXPECT_EQ(find_header(answer->headers, "X-Segment"), "a b");
  EXPECT_EQ(find_header(answer->headers, "X-Query"), "1+1");
}

TEST_F(ClientTest, NamesNoContentTypeOfItsOwn) {
  start().send({.method = Method::kPut, .url = url("/echo/x")}, told_.then());
  const auto answer = told_.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(find_header(answer->headers, "X-Type"), "none");
}

TEST_F(ClientTest, KnowsTheOtherMethods) {
  Client& client = start();
  client.send({.method = Method::kHead, .url = url("/hello")}, told_.then());
  const auto head = told_.next();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  client.send({.method = Method::kDelete, .url = url("/hello")}, told_.then());
  EXPECT_EQ(told_.next()->status, 204);
}

TEST_F(ClientTest, KeepsItsConnection) {
  Client& client = start();
  for (int i = 0; i < 20; ++i) {
    client.send({.url = url("/hello")}, told_.then());
    EXPECT_EQ(told_.next()->body, "hello");
  }
  EXPECT_EQ(connections_seen_, 1U);
}

TEST_F(ClientTest, ManyAtOnceShareTheConnectionsThatAreAllowed) {
  Client& client = start({.connections_per_host_max = 4});
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) client.send({.url = url("/hello")}, told_.then());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads * kEach; ++i) {
    const auto answer = told_.next();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
  }
  EXPECT_LE(connections_seen_, 4U);
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(ClientTest, AnAnswerThatTakesTooLongIsNone) {
  start({.answer_time_max = milliseconds{100}}).send(never(), told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kUnavailable);
}

TEST_F(ClientTest, WaitingForAConnectionTakesFromTheTime) {
  Client& client = start({.connections_per_host_max = 1});
  client.send(never(), told_.then());
  wait_until_held(1);
  ClientRequest second{.url = url("/hello")};
  second.time_max = milliseconds{100};
  client.send(second, told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kUnavailable);
  EXPECT_EQ(client.in_flight(), 1U) << "the first one has its own time";
}

TEST_F(ClientTest, AnAnswerMayNotBeTooLarge) {
  start().send({.url = url("/large")}, told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kLimit);
  client_->send({.url = url("/hello")}, told_.then());
  EXPECT_EQ(told_.next()->status, 200);
}

TEST_F(ClientTest, RefusesAtOnceWhatIsTooMuch) {
  Client& client = start({.requests_max = 2, .bodies_bytes_max = 1000});
  client.send(never(600), told_.then());
  client.send(never(600), told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kLimit);
  client.send(never(400), told_.then());
  client.send(never(0), told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kLimit);
  EXPECT_EQ(client.in_flight(), 2U);
  client.stop();
  EXPECT_EQ(told_.next_error(), ErrorKind::kCancelled);
  EXPECT_EQ(told_.next_error(), ErrorKind::kCancelled);
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(ClientTest, WhatIsAnsweredTakesUpNothing) {
  Client& client = start({.requests_max = 1, .bodies_bytes_max = 1000});
  for (int i = 0; i < 3; ++i) {
    ClientRequest request{.method = Method::kPut, .url = url("/echo/x")};
    request.body = std::make_shared<const std::string>(900, 'v');
    client.send(request, told_.then());
    const auto answer = told_.next();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body.size(), 900U);
  }
}

TEST_F(ClientTest, TheEndTellsEveryoneOnce) {
  Client& client = start({.connections_per_host_max = 2});
  for (int i = 0; i < 10; ++i) client.send(never(), told_.then());
  wait_until_held(2);
  client.stop();
  EXPECT_EQ(told_.left(), 10U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(told_.next_error(), ErrorKind::kCancelled);
  client.send({.url = url("/hello")}, told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kCancelled) << "and who comes afterwards";
  EXPECT_EQ(told_.left(), 0U);
}

TEST_F(ClientTest, OneAnswerMayAskTheNextQuestion) {
  Client& client = start({.requests_max = 1});
  client.send({.url = url("/hello")}, [&](const Result<Response>& first) {
    EXPECT_TRUE(first);
    client.send({.url = url("/hello")}, told_.then());
  });
  EXPECT_EQ(told_.next()->status, 200);
}

TEST_F(ClientTest, FollowsNoRedirectAndAsksNoProxy) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  start().send({.url = url("/elsewhere")}, told_.then());
  const auto answer = told_.next();
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 302);
}

TEST_F(ClientTest, SendsNothingThatIsNoRequest) {
  Client& client = start();
  for (const char* wrong : {"", "ftp://127.0.0.1/", "file:///etc/hostname", "http://", "http:///x", "http://h:1/a b",
                            "http://h:1/a\r\nX: y", "http://h:1?x"}) {
    client.send({.url = wrong}, told_.then());
    EXPECT_EQ(told_.next_error(), ErrorKind::kInvalidInput) << wrong;
  }
  client.send({.url = url("/hello"), .headers = {{"X-A", "b\r\nX-C: d"}}}, told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kInvalidInput);
}

TEST_F(ClientTest, AServerThatStartsAgainIsReachedAgain) {
  Client& client = start();
  client.send({.url = url("/hello")}, told_.then());
  EXPECT_TRUE(told_.next());
  const std::uint16_t port = server_->port();
  server_->stop(milliseconds{0});
  client.send({.url = url("/hello")}, told_.then());
  EXPECT_EQ(told_.next_error(), ErrorKind::kUnavailable);
  Routes routes;
  routes.add(Method::kGet, "/hello",
             [](const Request&, const Responder& to) { to.answer(Response::text(200, "again")); });
  server_.reset();
  server_ = std::move(*Server::start({.port = port}, std::move(routes), nullptr));
  client.send({.url = url("/hello")}, told_.then());
  EXPECT_EQ(told_.next()->body, "again");
}

TEST(ClientStart, SaysWhichFileOfCertificatesIsMissing) {
  const auto client = Client::start({.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::kConfig);
  EXPECT_THAT(client.error().message, ::testing::HasSubstr("/nowhere/ca.pem"));
}

// Listens, says one thing to everyone who comes, and closes.
class Rude {
 public:
  explicit Rude(std::string words) : words_(std::move(words)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Rude() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  Rude(const Rude&) = delete;
  Rude& operator=(const Rude&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  void serve() const {
    while (true) {
      const int person = ::accept(listener_, nullptr, nullptr);
      if (person < 0) return;
      char request[4096];
      static_cast<void>(::recv(person, request, sizeof request, 0));
      static_cast<void>(::send(person, words_.data(), words_.size(), MSG_NOSIGNAL));
      ::shutdown(person, SHUT_WR);
      while (::recv(person, request, sizeof request, 0) > 0) {
      }
      ::close(person);
    }
  }
  const std::string words_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

struct RudeWords {
  const char* name;
  std::string words;
  ErrorKind expected;
};
class RudeServers : public ::testing::TestWithParam<RudeWords> {};
TEST_P(RudeServers, AreErrorsAndNothingWorse) {
  const Rude server(GetParam().words);
  const auto client = std::move(*Client::start({}));
  Told told;
  client->send({.url = server.url()}, told.then());
  EXPECT_EQ(told.next_error(), GetParam().expected);
}
std::string endless_headers() {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 5000; ++i) text += "X-Header-" + std::to_string(i) + ": some value\r\n";
  return text + "Content-Length: 0\r\n\r\n";
}
INSTANTIATE_TEST_SUITE_P(
    Named, RudeServers,
    ::testing::Values(
        RudeWords{"closed", "", ErrorKind::kUnavailable},
        RudeWords{"no_http", "220 mail.example.org ESMTP\r\n", ErrorKind::kUnavailable},
        RudeWords{"half_a_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ErrorKind::kUnavailable},
        RudeWords{"endless_headers", endless_headers(), ErrorKind::kLimit},
        RudeWords{"endless_body", "HTTP/1.1 200 OK\r\n\r\n" + std::string(2U << 20, 'x'), ErrorKind::kLimit}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace antiphon::http
