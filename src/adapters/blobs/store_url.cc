#include <fmt/format.h>

#include <optional>

#include "adapters/blobs/blob_store.h"
#include "adapters/blobs/name.h"

namespace antiphon::blobs {
namespace {

constexpr std::size_t kUrlBytesMax = 8UL * 1024;
constexpr std::size_t kQueryParametersMax = 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing for a '%' without two hex digits, or a NUL.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (out.find('\0') != std::string::npos) return std::nullopt;
  return out;
}

Error usage(std::string message) { return make_error(ErrorKind::kUsage, std::move(message)); }

Result<std::map<std::string, std::string>> parse_query(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = percent_decoded(pair.substr(0, equals));
    auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!key || !value) return usage("a store URL has a malformed %-escape in its query");
    if (!parameters.emplace(std::move(*key), std::move(*value)).second) {
      return usage("a store URL names the same query parameter twice");
    }
    if (parameters.size() > kQueryParametersMax) return usage("a store URL has more than 64 query parameters");
  }
  return parameters;
}

// Buckets as S3 and its imitators name them: 3 to 63 letters, digits, dots, hyphens (underscores were allowed once).
bool is_bucket(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '-' && c != '_') return false;
  }
  return name.front() != '.' && name.front() != '-' && name.find("..") == std::string_view::npos;
}

Result<> check_file(const StoreUrl& url) {
  if (!url.host.empty()) return usage("a file URL has three slashes: file:///absolute/folder");
  if (url.path.empty() || url.path.front() != '/')
    return usage("a file URL needs an absolute path: file:///absolute/folder");
  return {};
}

Result<> check_s3(const StoreUrl& url) {
  if (!is_bucket(url.host))
    return usage("an s3 URL needs a bucket of 3 to 63 letters, digits, dots and hyphens: s3://bucket/prefix");
  if (!url.path.empty() && !check_name(url.path))
    return usage("the prefix of an s3 URL has an empty, '.' or '..' component, or is too long");
  return {};
}

}  // namespace

std::string StoreUrl::without_query() const {
  if (scheme == "file") return fmt::format("file://{}", path);
  return path.empty() ? fmt::format("{}://{}", scheme, host) : fmt::format("{}://{}/{}", scheme, host, path);
}

Result<StoreUrl> parse_store_url(std::string_view text) {
  if (text.size() > kUrlBytesMax) return usage("a store URL is longer than 8 KiB");
  if (text.find('#') != std::string_view::npos) return usage("a store URL holds a '#'; write it as %23");
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return usage("a store is named by a URL: file:///absolute/folder or s3://bucket/prefix");
  }
  StoreUrl url;
  url.scheme = std::string(text.substr(0, scheme_end));
  if (url.scheme != "file" && url.scheme != "s3") return usage("a store URL begins with file:// or s3://");

  std::string_view rest = text.substr(scheme_end + 3);
  const auto question = rest.find('?');
  if (question != std::string_view::npos) {
    ANTIPHON_TRY(query, parse_query(rest.substr(question + 1)));
    url.query = std::move(query);
    rest = rest.substr(0, question);
  }
  const auto slash = rest.find('/');
  url.host = std::string(rest.substr(0, slash));
  auto path = percent_decoded(slash == std::string_view::npos ? std::string_view{} : rest.substr(slash));
  if (!path) return usage("a store URL has a malformed %-escape in its path");
  while (path->size() > 1 && path->back() == '/') path->pop_back();
  url.path = url.scheme == "s3" && !path->empty() ? path->substr(1) : std::move(*path);
  if (url.scheme == "file") {
    ANTIPHON_TRY_VOID(check_file(url));
  } else {
    ANTIPHON_TRY_VOID(check_s3(url));
  }
  return url;
}

}  // namespace antiphon::blobs
