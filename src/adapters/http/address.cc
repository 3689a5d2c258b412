// Addresses as people write them.
#include "adapters/http/server.h"

namespace antiphon::http {

Result<HostPort> parse_listen_address(std::string_view text) {
  ANTIPHON_TRY(address, parse_host_port(text));
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with("::ffff:127.");
}

}  // namespace antiphon::http
