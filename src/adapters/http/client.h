// An HTTP/1.1 client for requests to our own kind of server: whole requests, whole answers, connections kept. libcurl
// stays behind this header; one thread carries all requests.
//
//   ANTIPHON_TRY(client, http::Client::start({}));
//   client->send({.url = "http://10.0.0.7:8080/api/v1/locales"}, [](Result<http::Response> answer) { ... });
//
// No redirects are followed, no proxy is taken from the environment, only http and https are spoken.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/message.h"
#include "core/result.h"

namespace antiphon::http {

struct ClientSettings {
  std::string ca_file{};  // PEM; empty: the certificates that the system trusts
  std::chrono::milliseconds connect_time_max{1'000};
  std::chrono::milliseconds answer_time_max{9'500};  // from send() to the answer's last byte
  std::size_t header_bytes_max = 64U << 10;          // of an answer
  std::size_t answer_bytes_max = 1U << 20;
  std::size_t requests_max = 1'000;           // under way
  std::size_t bodies_bytes_max = 64U << 20;   // of requests under way
  std::size_t connections_per_host_max = 60;  // below what a server takes of one address; others wait for one
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string url{};  // http(s)://HOST[:PORT][/PATH?QUERY]; what stands behind the host is sent as it stands
  Headers headers{};  // without Host and Content-Length
  std::shared_ptr<const std::string> body{};  // not copied; nullptr: none
  std::chrono::milliseconds time_max{0};      // instead of answer_time_max, where that is longer
};

// Thread-safe.
class Client {
 public:
  using Then = std::function<void(Result<Response>)>;

  // kConfig: ca_file cannot be read.
  static Result<std::unique_ptr<Client>> start(ClientSettings settings);
  virtual ~Client() = default;  // stop()

  // Never waits. `then` is called exactly once and must not block: on the client's thread, or within send() when the
  // request is refused at once (kLimit: too much is under way; kInvalidInput: it cannot be sent; kCancelled: stopped).
  // Of an answer all headers are there, in their order. kUnavailable: no answer (refused, too slow, broken off), and
  // nobody knows whether the request was carried out; kLimit: the answer is too large; kConfig: the other side's
  // certificate is not trusted.
  virtual void send(ClientRequest request, Then then) = 0;
  // Everything under way is told kCancelled before it returns. Idempotent; not to be called from a `then`.
  virtual void stop() = 0;
  [[nodiscard]] virtual std::size_t in_flight() const = 0;
};

}  // namespace antiphon::http
