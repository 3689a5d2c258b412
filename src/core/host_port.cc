#include "core/host_port.h"

#include <charconv>

namespace antiphon {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&] {
    return make_error(ErrorKind::kUsage,
                      "'" + std::string(text) + "' is not HOST:PORT (as 127.0.0.1:8080, [::1]:8080)");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return wrong();
  if (host.starts_with('[')) {
    if (host.size() < 3 || host.back() != ']') return wrong();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();  // an IPv6 address without brackets: which part would be the port?
  }
  if (host.find_first_of(" /\t") != std::string_view::npos) return wrong();
  return HostPort{std::string(host), port};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with("::ffff:127.");
}

}  // namespace antiphon
