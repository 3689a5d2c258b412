// The server over loopback, driven by plain sockets: what a client can do wrong, and every limit.
#include "adapters/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>

#include "adapters/http/status_server.h"

namespace antiphon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // closed by the server: what it said is what the test looks at
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // One answer with its body, by its Content-Length; what was read when the connection ended before.
  std::string answer(bool has_body = true) {
    while (true) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = buffer_.find("Content-Length: ");
        const std::size_t body = has_body && at < end ? std::stoul(buffer_.substr(at + 16)) : 0;
        if (buffer_.size() >= end + 4 + body) {
          const std::string whole = buffer_.substr(0, end + 4 + body);
          buffer_.erase(0, whole.size());
          return whole;
        }
      }
      if (!more()) return std::exchange(buffer_, {});
    }
  }
  // Waits up to ten seconds for the server to close.
  bool closed() {
    while (more()) {
    }
    return ended_;
  }

 private:
  bool more() {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) return false;
    char chunk[65536];
    const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
    ended_ = got <= 0;
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
    return got > 0;
  }
  int socket_;
  bool ended_ = false;
  std::string buffer_;
};

// Answers that a test gives when it likes.
class Held {
 public:
  void put(Responder responder) {
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(responder));
    arrived_.notify_all();
  }
  Responder take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return !held_.empty(); });
    Responder first = held_.front();
    held_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Responder> held_;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerLimits limits = {}, int io_threads = 1) {
    Routes routes;
    routes.add(Method::kGet, "/hello/{name}", [](const Request& request, const Responder& to) {
      to.answer(Response::text(200, "hello " + request.captures.at(0)));
    });
    routes.add(Method::kPut, "/echo",
               [](Request request, const Responder& to) { to.answer(Response::text(200, std::move(request.body))); },
               {.body_bytes_max = 1U << 20});
    routes.add(Method::kPut, "/held", [this](const Request&, const Responder& to) { held_.put(to); },
               {.body_bytes_max = 1000});
    routes.add(Method::kGet, "/held", [this](const Request&, const Responder& to) { held_.put(to); });
    routes.add(Method::kGet, "/dropped", [](const Request&, const Responder&) {});
    routes.add(Method::kGet, "/thrown", [](const Request&, const Responder&) { throw std::runtime_error("no"); });
    routes.add(Method::kGet, "/big", [](const Request&, const Responder& to) {
      to.answer(Response::text(200, std::string(64U << 20, 'x')));
    });
    ServerSettings settings;
    settings.limits = limits;
    settings.io_threads = io_threads;
    settings.metrics = &registry_;
    settings.pass_header = "X-Pass";
    settings.pass_value = "sesame";
    auto server = Server::start(settings, std::move(routes), nullptr);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::string ask(const std::string& text) {
    Client client(server_->port());
    client.send(text);
    return client.answer();
  }
  void wait_for_connections(std::size_t wanted) {
    const auto until = std::chrono::steady_clock::now() + seconds{10};
    while (server_->connections() != wanted && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(milliseconds{1});
    EXPECT_EQ(server_->connections(), wanted);
  }

  prometheus::Registry registry_;
  Held held_;
  std::unique_ptr<Server> server_;
};

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string put(const std::string& path, const std::string& body, const std::string& headers = {}) {
  return "PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

TEST_F(ServerTest, AnswersOnOneConnectionInTheOrderOfTheRequestsSentAhead) {
  start();
  Client client(server_->port());
  client.send(get("/held") + put("/echo", "second") + get("/hello/third"));
  Responder first = held_.take();
  std::thread later([&] { first.answer(Response::text(200, "first")); });
  EXPECT_THAT(client.answer(), HasSubstr("first"));
  EXPECT_THAT(client.answer(), HasSubstr("second"));
  EXPECT_THAT(client.answer(), HasSubstr("hello third"));
  later.join();
}

TEST_F(ServerTest, TheFirstAnswerCountsAndADroppedOneIsA500) {
  start();
  Client client(server_->port());
  client.send(get("/held"));
  const Responder responder = held_.take();
  EXPECT_FALSE(responder.answered());
  EXPECT_TRUE(responder.answer(Response::text(200, "one")));
  EXPECT_FALSE(responder.answer(Response::text(200, "two")));
  EXPECT_THAT(client.answer(), HasSubstr("one"));
  EXPECT_THAT(ask(get("/dropped")), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(ask(get("/thrown")), StartsWith("HTTP/1.1 500"));
}

TEST_F(ServerTest, HeadHasNoBodyAndTheConnectionLivesOn) {
  start();
  Client client(server_->port());
  client.send("HEAD /hello/a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.answer(false), HasSubstr("Content-Length: 7"));
  client.send(get("/hello/b"));
  EXPECT_THAT(client.answer(), HasSubstr("hello b"));
}

TEST_F(ServerTest, ErrorsAreProblemsWithTheSecurityHeaders) {
  start();
  const std::string answer = ask(get("/nothing"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json"));
  EXPECT_THAT(answer, HasSubstr("\"status\":404"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(ask("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("Allow: PUT"));
  EXPECT_THAT(ask(get("/hello/%2e%2e")), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("this is not HTTP\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, ChunkedBodiesAndExpectContinue) {
  start();
  Client client(server_->port());
  client.send("PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.answer(), HasSubstr("\r\n\r\nabcde"));
  client.send("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 100 Continue"));
  client.send("xyz");
  EXPECT_THAT(client.answer(), HasSubstr("\r\n\r\nxyz"));
}

TEST_F(ServerTest, ARequestWithTwoLengthsIsRefused) {
  start();
  EXPECT_THAT(ask("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, HeaderBytesMax) {
  ServerLimits limits;
  limits.header_bytes_max = 2048;
  start(limits);
  EXPECT_THAT(ask(get("/hello/a", "X: " + std::string(1500, 'a') + "\r\n")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(get("/hello/a", "X: " + std::string(3000, 'a') + "\r\n")), StartsWith("HTTP/1.1 431"));
}

TEST_F(ServerTest, BodyBytesMaxOfTheRouteToldOrChunked) {
  start();
  EXPECT_THAT(ask(put("/echo", std::string(1U << 20, 'a'))), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(put("/echo", std::string((1U << 20) + 1, 'a'))), StartsWith("HTTP/1.1 413"));
  std::string chunked = "PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i) chunked += "10000\r\n" + std::string(65536, 'a') + "\r\n";
  EXPECT_THAT(ask(chunked + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(ask(get("/hello/a", "Content-Length: 5\r\n") + "abcde"), StartsWith("HTTP/1.1 413"))
      << "a route without a body takes none";
}

TEST_F(ServerTest, BodiesBytesMaxOfAllTogether) {
  ServerLimits limits;
  limits.bodies_bytes_max = 1500;
  start(limits);
  Client first(server_->port());
  first.send(put("/held", std::string(1000, 'a')));
  const Responder held = held_.take();
  const std::string refused = ask(put("/held", std::string(1000, 'b')));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1"));
  held.answer(Response::empty(204));
  EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 204"));
  Client again(server_->port());
  again.send(put("/held", std::string(1000, 'b')));
  held_.take().answer(Response::empty(204));
  EXPECT_THAT(again.answer(), StartsWith("HTTP/1.1 204"));
}

TEST_F(ServerTest, HeaderTimeMax) {
  ServerLimits limits;
  limits.header_time_max = milliseconds{150};
  start(limits);
  Client client(server_->port());
  client.send("GET /hello/a HTTP/1.1\r\nHo");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, BodyTimeMax) {
  ServerLimits limits;
  limits.body_time_max = milliseconds{150};
  start(limits);
  Client client(server_->port());
  client.send("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, IdleTimeMax) {
  ServerLimits limits;
  limits.idle_time_max = milliseconds{150};
  start(limits);
  Client client(server_->port());
  client.send(get("/hello/a"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, WriteTimeMax) {
  ServerLimits limits;
  limits.write_time_max = milliseconds{200};
  start(limits);
  Client client(server_->port());
  client.send(get("/big"));
  wait_for_connections(1);
  wait_for_connections(0);  // it does not read, so it is let go
}

TEST_F(ServerTest, ConnectionsMaxAndPerAddress) {
  for (const bool per_address : {false, true}) {
    ServerLimits limits;
    (per_address ? limits.connections_per_address_max : limits.connections_max) = 2;
    start(limits);
    Client first(server_->port());
    auto second = std::make_unique<Client>(server_->port());
    wait_for_connections(2);
    EXPECT_THAT(ask(""), StartsWith("HTTP/1.1 503"));
    second.reset();
    wait_for_connections(1);
    EXPECT_THAT(ask(get("/hello/a")), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(ServerTest, RequestsPerSecondAndAddress) {
  ServerLimits limits;
  limits.requests_per_second_and_address = 1;
  start(limits);
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) client.send(get("/hello/a"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  const std::string refused = client.answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(refused, HasSubstr("Retry-After"));
}

TEST_F(ServerTest, WhoHasThePassIsExemptFromTheLimitsPerAddress) {
  ServerLimits limits;
  limits.requests_per_second_and_address = 1;
  limits.connections_per_address_max = 1;
  start(limits);
  Client first(server_->port());
  for (int i = 0; i < 10; ++i) {
    first.send(get("/hello/a", "X-Pass: sesame\r\n"));
    EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 200"));
  }
  Client second(server_->port());
  for (const char* wrong : {"X-Pass: sesamE\r\n", "X-Pass: ses\r\n", "X-Pass:\r\n"})
    second.send(get("/hello/a", wrong));
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 429"));
  second.send(get("/hello/a", "X-Pass: sesame\r\n"));
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 200")) << "each request shows it anew";
}

TEST_F(ServerTest, AStopAnswersWhatIsUnderWay) {
  start();
  Client idle(server_->port());
  Client busy(server_->port());
  busy.send(get("/held"));
  const Responder responder = held_.take();
  std::thread later([&] {
    EXPECT_TRUE(idle.closed());
    responder.answer(Response::text(200, "the last"));
  });
  EXPECT_TRUE(server_->stop(seconds{10}));
  later.join();
  const std::string answer = busy.answer();
  EXPECT_THAT(answer, HasSubstr("the last"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(ServerTest, AStopCutsOffWhatTakesTooLongAndALateAnswerIsHarmless) {
  start({}, 2);
  Client busy(server_->port());
  busy.send(get("/held"));
  const Responder responder = held_.take();
  EXPECT_FALSE(server_->stop(milliseconds{50}));
  server_.reset();
  EXPECT_TRUE(responder.answer(Response::text(200, "nobody hears this")));
  EXPECT_TRUE(busy.closed());
}

TEST_F(ServerTest, APortInUseIsSaidWithItsCure) {
  start();
  ServerSettings settings;
  settings.port = server_->port();
  const auto second = Server::start(settings, {}, nullptr);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConfig);
  EXPECT_THAT(second.error().message, HasSubstr("choose another"));
}

TEST_F(ServerTest, AnswersAreCountedByRouteAndStatus) {
  start();
  Client client(server_->port());
  client.send(get("/hello/a") + get("/hello/b") + get("/nothing"));
  for (int i = 0; i < 3; ++i) client.answer();
  Health health;
  auto status = start_status_server({"127.0.0.1", 0}, health, registry_, "1.2.3");
  ASSERT_TRUE(status);
  Client scraper((*status)->port());
  scraper.send(get("/metrics"));
  const std::string metrics = scraper.answer();
  EXPECT_THAT(metrics, HasSubstr("http_requests_total{code=\"200\",route=\"/hello/{name}\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("http_requests_total{code=\"404\",route=\"unknown\"} 1"));
}

TEST(StatusServer, SaysHowTheProcessIs) {
  Health health;
  prometheus::Registry registry;
  auto server = start_status_server({"127.0.0.1", 0}, health, registry, "1.2.3");
  ASSERT_TRUE(server);
  const auto ask = [&](const std::string& path) {
    Client client((*server)->port());
    client.send(get(path));
    return client.answer();
  };
  EXPECT_THAT(ask("/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/readyz"), StartsWith("HTTP/1.1 503"));
  health.set_ready();
  EXPECT_THAT(ask("/readyz"), StartsWith("HTTP/1.1 200"));
  health.set_problem("corpus", "connection refused");
  EXPECT_THAT(ask("/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/healthz"), HasSubstr("{\"status\":\"degraded\",\"problems\":{\"corpus\":\"connection refused\"}}"));
  EXPECT_THAT(ask("/version"), HasSubstr("1.2.3"));
  health.set_stopping();
  EXPECT_THAT(ask("/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ask("/livez"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace antiphon::http
