#include "adapters/blobs/s3/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace antiphon::blobs::s3 {
namespace {

std::optional<std::string> first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    auto value = environment(name);
    if (value && !value->empty()) return value;
  }
  return std::nullopt;
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Keys go into headers; whatever could end one is a mistake of copying, such as a line feed behind it.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

// http://host[:port], nothing behind it.
bool split_endpoint(std::string_view endpoint, std::string& base, std::string& host) {
  while (!endpoint.empty() && endpoint.back() == '/') endpoint.remove_suffix(1);
  const bool http = endpoint.starts_with("http://");
  if (!http && !endpoint.starts_with("https://")) return false;
  const auto authority = endpoint.substr(endpoint.find("://") + 3);
  const bool good = !authority.empty() && authority.size() <= 255 && is_header_text(authority) &&
                    authority.find_first_of("/?#@\\") == std::string_view::npos;
  if (!good) return false;
  base = std::string(endpoint);
  host = std::string(authority);
  // libcurl leaves the scheme's own port out of the Host header, and the signature must agree.
  const std::string_view own_port = http ? ":80" : ":443";
  if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
  return true;
}

}  // namespace

Result<S3Settings> settings_from(const StoreUrl& url, const Environment& environment) {
  S3Settings settings;
  settings.bucket = url.host;
  settings.prefix = url.path;
  settings.shown = url.without_query();

  const auto parameter = [&](const char* name) -> std::optional<std::string> {
    const auto it = url.query.find(name);
    return it == url.query.end() ? std::nullopt : std::optional(it->second);
  };
  settings.region =
      parameter("region").value_or(first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"}).value_or("us-east-1"));
  if (!is_region(settings.region))
    return make_error(ErrorKind::kUsage, "the S3 region is letters, digits and hyphens, such as eu-north-1");

  auto endpoint = parameter("endpoint");
  if (!endpoint) endpoint = first_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint) {
    // The certificate is for one label before .s3: a bucket with dots goes into the path.
    settings.bucket_in_path = url.host.find('.') != std::string::npos;
    const std::string at_aws = fmt::format("s3.{}.amazonaws.com", settings.region);
    settings.host = settings.bucket_in_path ? at_aws : fmt::format("{}.{}", url.host, at_aws);
    settings.base_url = fmt::format("https://{}", settings.host);
  } else if (!split_endpoint(*endpoint, settings.base_url, settings.host)) {
    return make_error(ErrorKind::kUsage, "an S3 endpoint is http://host:port or https://host[:port], without a path");
  }

  const auto access = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  if (!access || access->empty() || !secret || secret->empty()) {
    return make_error(ErrorKind::kConfig,
                      fmt::format("{} needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
                                  settings.shown));
  }
  settings.credentials = {*access, *secret, environment("AWS_SESSION_TOKEN").value_or("")};
  if (!is_header_text(*access) || !is_header_text(*secret) || !is_header_text(settings.credentials.session_token)) {
    return make_error(ErrorKind::kConfig, "the AWS_ keys in the environment hold blanks or line feeds; set them again");
  }
  return settings;
}

}  // namespace antiphon::blobs::s3
