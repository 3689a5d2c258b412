// An HTTP/1.1 server: keep-alive, pipelining (answers in order), Expect: 100-continue, chunked bodies. Everything that
// a client can take up has a limit below. Boost.Beast stays behind this header.
//
//   http::Routes routes;
//   routes.add(http::Method::kGet, "/hello/{name}", [](http::Request r, http::Responder answer) {
//     answer.answer(http::Response::text(200, "hello " + r.captures[0]));
//   });
//   ANTIPHON_TRY(server, http::Server::start({.host = "127.0.0.1", .port = 0}, std::move(routes), nullptr));
//   server->port();  ...  server->stop(std::chrono::seconds{5});
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/http/routes.h"
#include "core/host_port.h"
#include "core/result.h"

namespace prometheus {
class Registry;
}

namespace antiphon::http {

struct ServerLimits {
  std::size_t header_bytes_max = 16U << 10;  // 431
  std::size_t bodies_bytes_max = 64U << 20;  // of all bodies that are read or answered now: 503 with Retry-After
  std::chrono::milliseconds header_time_max{10'000};  // from the first byte of a request to its last header: closed
  std::chrono::milliseconds body_time_max{120'000};   // a phone on a poor network needs a minute for 1 MB: closed
  std::chrono::milliseconds write_time_max{60'000};   // for a whole answer: closed
  std::chrono::milliseconds idle_time_max{75'000};    // between two requests: closed
  std::size_t connections_max = 1024;                 // 503 and closed
  std::size_t connections_per_address_max = 64;       // the same
  std::size_t requests_per_second_and_address = 100;  // 429; twice as many at once
  std::size_t addresses_max = 65'536;                 // that are remembered for the line above
  bool loopback_exempt = false;                       // from the limits per address
};

struct ServerSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one, see Server::port()
  int io_threads = 1;      // 1 or 2
  ServerLimits limits{};
  std::string content_security_policy =
      "default-src 'none'; frame-ancestors 'none'";  // of every answer that names none
  // A request whose header `pass_header` holds `pass_value` is exempt from the limits per address, and so is its
  // connection from then on. Empty: there is no such thing.
  std::string pass_header{};
  std::string pass_value{};
  prometheus::Registry* metrics =
      nullptr;  // http_requests_total, http_request_duration_seconds, ...; must outlive the server
  Result<> validate() const;
};

// How bytes travel: plain, or TLS (tls.h, a library of its own: who does not link it loads no TLS).
class Transport;

class Server {
 public:
  // Listens when it returns. kConfig: the address is taken or not ours, with the cure. `transport` nullptr: plain HTTP.
  static Result<std::unique_ptr<Server>> start(ServerSettings settings, Routes routes,
                                               std::shared_ptr<Transport> transport);
  virtual ~Server() = default;  // stop(0)

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::size_t connections() const = 0;
  // Takes no new connections or requests, answers what is under way for up to `limit`, then closes the rest.
  // Idempotent. True when nothing had to be cut off. Not to be called from a handler.
  virtual bool stop(std::chrono::milliseconds limit) = 0;
};

// As parse_host_port; ":8080" is all addresses.
Result<HostPort> parse_listen_address(std::string_view text);
using antiphon::is_loopback;

}  // namespace antiphon::http
