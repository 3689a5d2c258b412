// HTTP as the S3 store needs it: one request, one answer, both whole. By libcurl; a test puts a script in its place.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/blobs/s3/sigv4.h"
#include "core/bytes.h"
#include "core/result.h"

namespace antiphon::blobs::s3 {

struct HttpRequest {
  std::string method;  // GET HEAD PUT DELETE
  std::string url;     // encoded; sent as it stands
  Headers headers;     // without Content-Length and Host
  ByteView body;       // PUT only; must live until the answer
  std::size_t answer_bytes_max = 0;
};

struct HttpAnswer {
  int status = 0;
  Headers headers;  // names in lower case
  Bytes body;
};

// Thread-safe. kUnavailable: no answer (refused, timed out, broken off); kLimit: the answer is larger than asked for;
// kConfig: the server's certificate is not trusted.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Result<HttpAnswer> perform(const HttpRequest& request) = 0;
  // Requests under way, and later ones, end within a second with kCancelled.
  virtual void abandon() {}
};

// Keeps its connections: one easy handle a call under way, at most kIdleHandlesMax of them afterwards. Redirects are
// not followed.
class CurlClient final : public HttpClient {
 public:
  static constexpr std::size_t kIdleHandlesMax = 64;
  static constexpr std::size_t kHeaderBytesMax = 64UL * 1024;
  static constexpr long kConnectTimeoutMs = 3'000;
  static constexpr long kStallBytesPerSecond = 256;  // slower than this for kStallSeconds: broken off
  static constexpr long kStallSeconds = 10;
  static constexpr long kTotalTimeoutMs = 300'000;

  CurlClient();
  ~CurlClient() override;
  Result<HttpAnswer> perform(const HttpRequest& request) override;
  void abandon() override { abandoned_ = true; }

 private:
  void* take();
  void give_back(void* handle);

  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::vector<void*> idle_;  // CURL*, guarded by mutex_; the last one used is the first to be used again
};

}  // namespace antiphon::blobs::s3
