// A client on one kept connection that knows when the last byte of a request left: what a benchmark needs, and no more.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::chrono::steady_clock::time_point sent;      // the last byte of the request was handed to the kernel
  std::chrono::steady_clock::time_point answered;  // the last byte of the answer was read
};

class HttpClient {
 public:
  static Result<HttpClient> connect(const std::string& host, std::uint16_t port);
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient();

  // `headers`: whole lines with CRLF. The answer must have a Content-Length, or be 204.
  Result<HttpAnswer> call(std::string_view method, std::string_view path, std::string_view headers,
                          std::string_view body);

 private:
  explicit HttpClient(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace antiphon::bench
