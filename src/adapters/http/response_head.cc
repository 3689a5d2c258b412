#include "adapters/http/response_head.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <ctime>

namespace antiphon::http {
namespace {

bool is_clean(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

void append(std::string& head, std::string_view name, std::string_view value) {
  if (!name.empty() && is_clean(name) && is_clean(value)) head.append(name).append(": ").append(value).append("\r\n");
}

void append_unless_named(std::string& head, const Response& response, std::string_view name, std::string_view value) {
  if (!find_header(response.headers, name)) append(head, name, value);
}

}  // namespace

std::string http_date(WallTime time) {
  const std::time_t seconds = static_cast<std::time_t>(to_unix_ms(time) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const Response& response, const HeadFacts& facts) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view(phrase.data(), phrase.size()));
  for (const auto& [name, value] : response.headers) append(head, name, value);
  append_unless_named(head, response, "Date", http_date(facts.now));
  append_unless_named(head, response, "Cache-Control", "no-store");
  append_unless_named(head, response, "Content-Security-Policy", facts.content_security_policy);
  append(head, "X-Content-Type-Options", "nosniff");
  append(head, "X-Frame-Options", "DENY");
  append(head, "Referrer-Policy", "no-referrer");
  append(head, "Permissions-Policy", "microphone=(self), camera=(), geolocation=()");
  append(head, "Cross-Origin-Opener-Policy", "same-origin");
  append(head, "Cross-Origin-Resource-Policy", "same-origin");
  if (!facts.keep_alive) append(head, "Connection", "close");
  if (may_have_body(response.status)) {
    const std::size_t size = response.shared_body ? response.shared_body->size() : response.body.size();
    append(head, "Content-Length", std::to_string(size));
  }
  return head.append("\r\n");
}

}  // namespace antiphon::http
