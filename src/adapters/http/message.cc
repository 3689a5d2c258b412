#include "adapters/http/message.h"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

namespace antiphon::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPut:
      return "PUT";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
    case Method::kOther:
      return "OTHER";
  }
  return "OTHER";
}

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

Response Response::json(int status, std::string body) {
  return Response{status, {{"Content-Type", "application/json"}}, std::move(body), nullptr};
}

Response Response::text(int status, std::string body) {
  return Response{status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body), nullptr};
}

Response problem(int status, std::string_view detail) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  nlohmann::ordered_json body{{"title", std::string(phrase)}, {"status", status}};
  if (!detail.empty()) body["detail"] = std::string(detail);
  Response response{status, {{"Content-Type", "application/problem+json"}}, {}, nullptr};
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

Response problem_retry(int status, std::string_view detail, int retry_after_seconds) {
  return problem(status, detail).with("Retry-After", std::to_string(retry_after_seconds));
}

}  // namespace antiphon::http
