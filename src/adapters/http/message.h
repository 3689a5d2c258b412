// A request and a response as handlers see them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http/query.h"
#include "core/clock.h"

namespace antiphon::http {

enum class Method : std::uint8_t { kGet, kHead, kPut, kPost, kDelete, kOther };
std::string_view to_string(Method method);

// In the order they came or are to be sent; names compare without case.
using Headers = std::vector<std::pair<std::string, std::string>>;
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  Method method = Method::kGet;
  Target target;
  std::vector<std::string> captures;  // what stood in place of each {name} of the route, in order
  Headers headers;
  std::string body;            // whole and within the route's limit; a handler may move it away
  std::string remote_address;  // of the peer as the kernel says it: 192.168.1.7, ::1
  MonoTime received;           // when its last byte was read

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
};

// Content-Length, Connection and the security headers are the server's business; Date, too, unless it is given (of an
// answer that is passed on). Cache-Control is no-store unless given.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`: a file in memory, sent without a copy

  static Response json(int status, std::string body);
  static Response text(int status, std::string body);
  static Response empty(int status) { return Response{status, {}, {}, nullptr}; }

  Response&& with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

// RFC 9457 (application/problem+json): {"title": the status' phrase, "status": status, "detail": detail}. `detail` is
// for the person or program at the other end: it never holds a sentence, a voice or what is not theirs to know.
Response problem(int status, std::string_view detail);
// The same with Retry-After: 503 and 429.
Response problem_retry(int status, std::string_view detail, int retry_after_seconds);

}  // namespace antiphon::http
