#include "adapters/blobs/s3/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace antiphon::blobs::s3 {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

struct Receiver {
  HttpAnswer answer;
  std::size_t bytes_max;
  std::size_t header_bytes = 0;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t one, std::size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  const std::size_t size = one * count;
  if (receiver.answer.body.size() + size > receiver.bytes_max) {
    receiver.too_large = true;
    return 0;
  }
  const ByteView piece = as_bytes({data, size});
  receiver.answer.body.insert(receiver.answer.body.end(), piece.begin(), piece.end());
  return size;
}

// libcurl calls it at least once a second; anything but 0 ends the transfer.
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return out;
}

std::size_t on_header(char* data, std::size_t one, std::size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  std::string_view line(data, one * count);
  receiver.header_bytes += line.size();
  if (receiver.header_bytes > CurlClient::kHeaderBytesMax) {
    receiver.too_large = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) {
    if (line.starts_with("HTTP/")) receiver.answer.headers.clear();  // a 100 Continue came before
    return line.size();
  }
  auto value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
  receiver.answer.headers[lower(line.substr(0, colon))] = std::string(value);
  return line.size();
}

HeaderList header_list(const HttpRequest& request) {
  HeaderList list;
  const auto add = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    // libcurl sends a header without a value only when it ends with a semicolon.
    if (name != "host") add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  add("Expect:");  // no waiting for a 100 Continue
  return list;
}

void prepare(CURL* curl, const HttpRequest& request, curl_slist* headers, Receiver& receiver) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);  // what was signed is what is sent
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "antiphon");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CurlClient::kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, CurlClient::kStallBytesPerSecond);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, CurlClient::kStallSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, CurlClient::kTotalTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiver);
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT") {
    // As a POST by another name: libcurl can send it again when a kept connection turns out to be dead.
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.empty() ? "" : as_text(request.body).data());
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
  } else {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (request.method != "GET") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

Error error_of(CURLcode code, const Receiver& receiver) {
  if (code == CURLE_ABORTED_BY_CALLBACK) return make_error(ErrorKind::kCancelled, "asked to stop");
  if (receiver.too_large) return make_error(ErrorKind::kLimit, "the S3 server's answer is larger than asked for");
  const char* text = curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return make_error(ErrorKind::kConfig, fmt::format("the S3 server's certificate is not trusted ({})", text));
  }
  return make_error(ErrorKind::kUnavailable, fmt::format("the S3 server does not answer ({})", text));
}

}  // namespace

CurlClient::CurlClient() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);  // libcurl's own, once a process
  if (once != CURLE_OK) throw std::runtime_error("libcurl cannot start");
}

CurlClient::~CurlClient() {
  for (void* handle : idle_) curl_easy_cleanup(handle);
}

void* CurlClient::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      void* handle = idle_.back();
      idle_.pop_back();
      return handle;
    }
  }
  void* handle = curl_easy_init();
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

void CurlClient::give_back(void* handle) {
  curl_easy_reset(handle);  // forgets the request, keeps the connections
  {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleHandlesMax) {
      idle_.push_back(handle);
      return;
    }
  }
  curl_easy_cleanup(handle);
}

Result<HttpAnswer> CurlClient::perform(const HttpRequest& request) {
  const HeaderList headers = header_list(request);
  Receiver receiver{{}, request.answer_bytes_max};
  CURL* curl = take();
  prepare(curl, request, headers.get(), receiver);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &abandoned_);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  give_back(curl);
  if (code != CURLE_OK) return error_of(code, receiver);
  receiver.answer.status = static_cast<int>(status);
  return std::move(receiver.answer);
}

}  // namespace antiphon::blobs::s3
