#include "adapters/http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <unordered_map>
#include <vector>

namespace antiphon::http {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr long kIdleConnectionsMax = 256;
constexpr long kIdleConnectionSecondsMax = 60;  // below the server's idle_time_max: it is us who close
constexpr milliseconds kPollMax{10'000};        // a wake-up or curl's own timers come before

template <auto free>
struct FreeBy {
  template <class T>
  void operator()(T* thing) const {
    free(thing);
  }
};
using EasyHandle = std::unique_ptr<CURL, FreeBy<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, FreeBy<curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreeBy<curl_slist_free_all>>;

// A URL in two: what says where, and what is asked for there.
struct Place {
  std::string authority;  // http://host:port
  std::string target;     // /path?query
};

bool is_clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

Result<Place> place_of(const std::string& url) {
  const auto wrong = [] {
    return make_error(ErrorKind::kInvalidInput, "a request goes to http(s)://HOST[:PORT]/PATH, without blanks");
  };
  if (!url.starts_with("http://") && !url.starts_with("https://")) return wrong();
  if (!is_clean(url) || url.find(' ') != std::string::npos) return wrong();
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
  if (path == host) return wrong();
  Place place{url.substr(0, path), url.substr(path)};
  if (place.target.empty()) place.target = "/";
  if (place.target.front() != '/') return wrong();
  return place;
}

// One request from send() to its `then`.
struct Call {
  Call(ClientRequest r, Client::Then t, Place p) : request(std::move(r)), then(std::move(t)), place(std::move(p)) {}

  ClientRequest request;
  Client::Then then;
  Place place;
  SteadyTime until;
  EasyHandle handle;
  HeaderList headers;
  Response answer;
  std::size_t header_bytes = 0;
  std::size_t header_bytes_max = 0;
  std::size_t answer_bytes_max = 0;
  bool too_large = false;

  [[nodiscard]] std::size_t body_bytes() const { return request.body ? request.body->size() : 0; }
};

std::size_t on_body(char* data, std::size_t one, std::size_t count, void* user) {
  auto& call = *static_cast<Call*>(user);
  const std::size_t size = one * count;
  if (call.answer.body.size() + size > call.answer_bytes_max) {
    call.too_large = true;
    return 0;
  }
  call.answer.body.append(data, size);
  return size;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::size_t on_header(char* data, std::size_t one, std::size_t count, void* user) {
  auto& call = *static_cast<Call*>(user);
  const std::string_view line(data, one * count);
  call.header_bytes += line.size();
  if (call.header_bytes > call.header_bytes_max) {
    call.too_large = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    call.answer.headers.clear();  // a 100 Continue came before
  } else if (colon != std::string_view::npos) {
    call.answer.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return line.size();
}

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

HeaderList header_list(const Headers& headers) {
  HeaderList list;
  // libcurl sends a header without a value only when it ends with a semicolon.
  for (const auto& [name, value] : headers)
    append(list, value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  append(list, "Expect:");                                                   // no waiting for a 100 Continue
  if (!find_header(headers, "Content-Type")) append(list, "Content-Type:");  // libcurl would name one of its own
  return list;
}

void set_method(CURL* curl, const Call& call) {
  const std::string method(to_string(call.request.method));
  if (call.request.method == Method::kHead) {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (call.request.method == Method::kPut || call.request.method == Method::kPost) {
    // As a POST by another name: libcurl can send it again when a kept connection turns out to be dead.
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body_bytes()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.request.body ? call.request.body->data() : "");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (call.request.method != Method::kGet) {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

void prepare(CURL* curl, Call& call, const ClientSettings& settings) {
  call.headers = header_list(call.request.headers);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, &call);
  curl_easy_setopt(curl, CURLOPT_URL, call.place.authority.c_str());
  curl_easy_setopt(curl, CURLOPT_REQUEST_TARGET, call.place.target.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "antiphon");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_time_max.count()));
  curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, kIdleConnectionSecondsMax);
  if (!settings.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call.headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &call);
  set_method(curl, call);
}

Error error_of(CURLcode code, const Call& call) {
  const std::string& where = call.place.authority;
  if (call.too_large) return make_error(ErrorKind::kLimit, fmt::format("the answer of {} is too large", where));
  const char* text = curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return make_error(ErrorKind::kConfig, fmt::format("the certificate of {} is not trusted ({})", where, text));
  }
  return make_error(ErrorKind::kUnavailable, fmt::format("{} does not answer ({})", where, text));
}

Error cancelled() { return make_error(ErrorKind::kCancelled, "asked to stop"); }

class ClientImpl final : public Client {
 public:
  ClientImpl(ClientSettings settings, MultiHandle multi) : settings_(std::move(settings)), multi_(std::move(multi)) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(settings_.connections_per_host_max));
    thread_ = std::thread([this] { run(); });
  }
  ~ClientImpl() override { stop(); }

  void send(ClientRequest request, Then then) override;
  void stop() override;
  [[nodiscard]] std::size_t in_flight() const override {
    const std::lock_guard lock(mutex_);
    return in_flight_;
  }

 private:
  using Calls = std::vector<std::unique_ptr<Call>>;

  std::optional<Error> admit(std::unique_ptr<Call> call);
  void run();
  bool start_new();
  void start(std::unique_ptr<Call> call);
  void finish_done();
  void finish_late();
  void finish(CURL* handle, const std::function<Result<Response>(Call&)>& outcome);
  void tell(std::unique_ptr<Call> call, Result<Response> result);
  [[nodiscard]] int poll_ms() const;

  const ClientSettings settings_;
  const MultiHandle multi_;
  mutable std::mutex mutex_;
  Calls incoming_;
  std::size_t in_flight_ = 0;
  std::size_t body_bytes_ = 0;
  bool stopping_ = false;
  // The thread's own.
  std::unordered_map<CURL*, std::unique_ptr<Call>> running_;
  std::multimap<SteadyTime, CURL*> deadlines_;
  std::thread thread_;
};

void ClientImpl::send(ClientRequest request, Then then) {
  auto place = place_of(request.url);
  if (!place) return then(std::move(place).error());
  for (const auto& [name, value] : request.headers) {
    if (!is_clean(name) || !is_clean(value))
      return then(make_error(ErrorKind::kInvalidInput, "a header holds a control character"));
  }
  auto call = std::make_unique<Call>(std::move(request), std::move(then), *std::move(place));
  // libcurl does not count the time in which a request waits for one of the connections: the deadline is ours.
  const bool of_its_own = call->request.time_max.count() > 0;
  call->until = std::chrono::steady_clock::now() +
                (of_its_own ? std::min(call->request.time_max, settings_.answer_time_max) : settings_.answer_time_max);
  const Then told = call->then;
  if (auto refused = admit(std::move(call))) return told(*std::move(refused));
  curl_multi_wakeup(multi_.get());
}

std::optional<Error> ClientImpl::admit(std::unique_ptr<Call> call) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return cancelled();
  if (in_flight_ >= settings_.requests_max)
    return make_error(ErrorKind::kLimit, fmt::format("{} requests are under way already", in_flight_));
  if (body_bytes_ + call->body_bytes() > settings_.bodies_bytes_max)
    return make_error(ErrorKind::kLimit, fmt::format("{} bytes of bodies are under way already", body_bytes_));
  ++in_flight_;
  body_bytes_ += call->body_bytes();
  incoming_.push_back(std::move(call));
  return std::nullopt;
}

void ClientImpl::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_.get());
  if (thread_.joinable()) thread_.join();
}

void ClientImpl::run() {
  while (start_new()) {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    finish_done();
    finish_late();
    curl_multi_poll(multi_.get(), nullptr, 0, poll_ms(), nullptr);
  }
  while (!running_.empty()) {
    finish(running_.begin()->first, [](Call&) { return Result<Response>(cancelled()); });
  }
}

// False at the end.
bool ClientImpl::start_new() {
  Calls calls;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    calls.swap(incoming_);
    stopping = stopping_;
  }
  for (auto& call : calls) {
    if (stopping) {
      tell(std::move(call), cancelled());
    } else {
      start(std::move(call));
    }
  }
  return !stopping;
}

void ClientImpl::start(std::unique_ptr<Call> call) {
  call->handle.reset(curl_easy_init());
  CURL* handle = call->handle.get();
  if (handle == nullptr) throw std::bad_alloc();
  call->header_bytes_max = settings_.header_bytes_max;
  call->answer_bytes_max = settings_.answer_bytes_max;
  prepare(handle, *call, settings_);
  curl_multi_add_handle(multi_.get(), handle);
  deadlines_.emplace(call->until, handle);
  running_.emplace(handle, std::move(call));
}

void ClientImpl::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    finish(message->easy_handle, [code](Call& call) -> Result<Response> {
      if (code != CURLE_OK) return error_of(code, call);
      long status = 0;
      curl_easy_getinfo(call.handle.get(), CURLINFO_RESPONSE_CODE, &status);
      call.answer.status = static_cast<int>(status);
      return std::move(call.answer);
    });
  }
}

void ClientImpl::finish_late() {
  const auto now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    finish(deadlines_.begin()->second,
           [](Call& call) { return Result<Response>(error_of(CURLE_OPERATION_TIMEDOUT, call)); });
  }
}

void ClientImpl::finish(CURL* handle, const std::function<Result<Response>(Call&)>& outcome) {
  auto node = running_.extract(handle);
  std::unique_ptr<Call> call = std::move(node.mapped());
  auto [at, end] = deadlines_.equal_range(call->until);
  deadlines_.erase(std::find_if(at, end, [&](const auto& entry) { return entry.second == handle; }));
  curl_multi_remove_handle(multi_.get(), handle);
  Result<Response> result = outcome(*call);
  call->handle.reset();
  tell(std::move(call), std::move(result));
}

// A `then` may send again: what this call took up is free before it runs.
void ClientImpl::tell(std::unique_ptr<Call> call, Result<Response> result) {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    body_bytes_ -= call->body_bytes();
  }
  const Then then = std::move(call->then);
  call.reset();
  then(std::move(result));
}

int ClientImpl::poll_ms() const {
  if (deadlines_.empty()) return static_cast<int>(kPollMax.count());
  const auto left = std::chrono::ceil<milliseconds>(deadlines_.begin()->first - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, kPollMax).count());
}

}  // namespace

Result<std::unique_ptr<Client>> Client::start(ClientSettings settings) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  MultiHandle multi(once == CURLE_OK ? curl_multi_init() : nullptr);
  if (!multi) return make_error(ErrorKind::kInternal, "libcurl cannot start");
  if (!settings.ca_file.empty() && !std::ifstream(settings.ca_file)) {
    return make_error(ErrorKind::kConfig,
                      fmt::format("{} cannot be read: a PEM file of trusted certificates", settings.ca_file));
  }
  return std::unique_ptr<Client>(std::make_unique<ClientImpl>(std::move(settings), std::move(multi)));
}

}  // namespace antiphon::http
