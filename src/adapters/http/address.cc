// Addresses as people write them.
#include <fmt/format.h>

#include <charconv>

#include "adapters/http/server.h"

namespace antiphon::http {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&] {
    return make_error(ErrorKind::kUsage,
                      fmt::format("'{}' is not HOST:PORT (as 127.0.0.1:8080, [::1]:8080 or :8080)", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return wrong();
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return wrong();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();  // an IPv6 address without brackets: which part would be the port?
  }
  return HostPort{host.empty() ? "0.0.0.0" : std::string(host), port};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with("::ffff:127.");
}

}  // namespace antiphon::http
