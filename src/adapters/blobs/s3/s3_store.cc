#include "adapters/blobs/s3/s3_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

#include "adapters/blobs/name.h"
#include "adapters/blobs/s3/answer.h"
#include "adapters/blobs/s3/list_xml.h"
#include "core/sha256.h"

namespace antiphon::blobs::s3 {
namespace {

constexpr std::string_view kUserPrefix = "x-amz-meta-";

bool is_success(const HttpAnswer& answer) { return answer.status >= 200 && answer.status < 300; }

std::string header_of(const HttpAnswer& answer, const char* name) {
  const auto it = answer.headers.find(name);
  return it == answer.headers.end() ? std::string() : it->second;
}

std::string etag_of(const HttpAnswer& answer) {
  std::string etag = header_of(answer, "etag");
  std::erase(etag, '"');
  return etag;
}

// What a caller wants as a header value must not end the header.
bool is_header_value(std::string_view text) {
  return text.size() <= 2048 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c < 0x7f; });
}

bool is_metadata_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<> check_options(const PutOptions& options) {
  bool good = is_header_value(options.content_type);
  for (const auto& [name, value] : options.user) good = good && is_metadata_name(name) && is_header_value(value);
  if (good) return {};
  return make_error(ErrorKind::kInvalidInput,
                    "an object's content type and metadata are printable ASCII, metadata names a-z 0-9 -");
}

}  // namespace

S3Store::S3Store(S3Settings settings, std::unique_ptr<HttpClient> http, std::unique_ptr<Clock> clock,
                 std::unique_ptr<Random> random)
    : settings_(std::move(settings)), http_(std::move(http)), clock_(std::move(clock)), random_(std::move(random)) {}

std::string S3Store::key_of(std::string_view name) const {
  return settings_.prefix.empty() ? std::string(name) : fmt::format("{}/{}", settings_.prefix, name);
}

Result<HttpAnswer> S3Store::attempt(const Call& call, const std::string& body_sha256) {
  const std::string bucket = settings_.bucket_in_path ? "/" + settings_.bucket : "";
  const std::string path =
      encode_path(call.key.empty() && settings_.bucket_in_path ? bucket : fmt::format("{}/{}", bucket, call.key));
  UnsignedRequest unsigned_request{call.method, path, call.query, call.headers, body_sha256};
  auto& headers = unsigned_request.headers;
  headers["host"] = settings_.host;
  headers["x-amz-date"] = amz_date(clock_->wall_now());
  headers["x-amz-content-sha256"] = body_sha256;
  if (!settings_.credentials.session_token.empty())
    headers["x-amz-security-token"] = settings_.credentials.session_token;

  HttpRequest request;
  request.method = call.method;
  request.headers = headers;
  request.headers["authorization"] = authorization(unsigned_request, settings_.credentials, {settings_.region});
  request.url = settings_.base_url + path;
  if (!call.query.empty()) request.url += "?" + encode_query(call.query);
  request.body = call.body;
  request.answer_bytes_max = std::max(call.answer_bytes_max, kErrorAnswerBytesMax);
  return http_->perform(request);
}

void S3Store::wait_before_retry(int attempt) {
  const auto doubled = settings_.retry_delay_min * (1LL << std::min(attempt, 16));
  const auto bound = std::min<std::chrono::milliseconds>(doubled, settings_.retry_delay_max);
  std::uint64_t part = 0;
  {
    const std::lock_guard lock(mutex_);
    part = random_->below(static_cast<std::uint64_t>(bound.count()) + 1);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(part));
}

Result<HttpAnswer> S3Store::exchange(const Call& call) {
  const std::string body_sha256 = sha256_hex(call.body);
  const MonoTime began = clock_->mono_now();
  for (int number = 1;; ++number) {
    auto answer = attempt(call, body_sha256);
    const bool again = answer ? is_worth_retrying(*answer) : answer.error().kind == ErrorKind::kUnavailable;
    const bool enough = number >= settings_.attempts_max || clock_->mono_now() - began >= settings_.retry_total_max;
    if (!again || enough) {
      if (!answer) return std::move(answer).error().within(settings_.shown);
      return answer;
    }
    wait_before_retry(number - 1);
  }
}

Result<BlobMetadata> S3Store::head(const std::string& name) {
  ANTIPHON_TRY_VOID(check_name(name));
  Call call;
  call.method = "HEAD";
  call.key = key_of(name);
  ANTIPHON_TRY(answer, exchange(call));
  if (!is_success(answer)) return error_of(answer, settings_, "head");
  BlobMetadata metadata;
  metadata.info.name = name;
  metadata.info.version = etag_of(answer);
  const std::string length = header_of(answer, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), metadata.info.size);
  for (const auto& [header, value] : answer.headers) {
    if (header.starts_with(kUserPrefix)) metadata.user[header.substr(kUserPrefix.size())] = value;
  }
  return metadata;
}

Result<std::size_t> S3Store::read_at(const std::string& name, const std::string& version, std::uint64_t position,
                                     MutableByteView out) {
  ANTIPHON_TRY_VOID(check_name(name));
  if (out.empty()) return std::size_t{0};
  Call call;
  call.method = "GET";
  call.key = key_of(name);
  call.headers["range"] = fmt::format("bytes={}-{}", position, position + out.size() - 1);
  if (!version.empty()) call.headers["if-match"] = fmt::format("\"{}\"", version);
  call.answer_bytes_max = out.size();
  ANTIPHON_TRY(answer, exchange(call));
  if (answer.status == 416) return std::size_t{0};  // behind the end
  if (answer.status == 200 && position != 0) {
    return make_error(ErrorKind::kConfig,
                      fmt::format("{}: the server ignores ranges; no S3 server does", settings_.shown));
  }
  if (!is_success(answer)) return error_of(answer, settings_, "read");
  const auto count = std::min(out.size(), answer.body.size());
  std::memcpy(out.data(), answer.body.data(), count);
  return count;
}

Result<Bytes> S3Store::read(const std::string& name, std::uint64_t bytes_max) {
  ANTIPHON_TRY_VOID(check_name(name));
  Call call;
  call.method = "GET";
  call.key = key_of(name);
  call.answer_bytes_max = bytes_max;
  ANTIPHON_TRY(answer, exchange(call));
  if (!is_success(answer)) return error_of(answer, settings_, "read");
  if (answer.body.size() > bytes_max) {
    return make_error(ErrorKind::kLimit,
                      fmt::format("the object has {} bytes, above {}", answer.body.size(), bytes_max));
  }
  return std::move(answer.body);
}

Result<> S3Store::put_object(const std::string& name, ByteView data, const PutOptions& options, bool conditional) {
  Call call;
  call.method = "PUT";
  call.key = key_of(name);
  call.body = data;
  call.headers["content-type"] = options.content_type;
  for (const auto& [key, value] : options.user) call.headers[std::string(kUserPrefix) + key] = value;
  if (conditional) call.headers["if-none-match"] = "*";
  ANTIPHON_TRY(answer, exchange(call));
  if (!is_success(answer)) return error_of(answer, settings_, "put");
  return {};
}

Result<> S3Store::put(const std::string& name, ByteView data, const PutOptions& options) {
  ANTIPHON_TRY_VOID(check_name(name));
  ANTIPHON_TRY_VOID(check_options(options));
  const bool honoured = conditions_honoured_;
  if (options.only_if_absent && !honoured) {
    const auto there = head(name);
    if (there) return make_error(ErrorKind::kAlreadyExists, fmt::format("put {}: the name is taken", settings_.shown));
    if (there.error().kind != ErrorKind::kNotFound) return there.error();
  }
  return put_object(name, data, options, options.only_if_absent && honoured);
}

Result<> S3Store::remove(const std::string& name) {
  ANTIPHON_TRY_VOID(check_name(name));
  Call call;
  call.method = "DELETE";
  call.key = key_of(name);
  ANTIPHON_TRY(answer, exchange(call));
  if (is_success(answer)) return {};
  Error error = error_of(answer, settings_, "remove");
  if (error.kind == ErrorKind::kNotFound) return {};
  return error;
}

}  // namespace antiphon::blobs::s3
