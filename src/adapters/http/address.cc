// Addresses as people write them.
#include "adapters/http/server.h"

namespace antiphon::http {

Result<HostPort> parse_listen_address(std::string_view text) {
  ANTIPHON_TRY(address, parse_host_port(text));
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

}  // namespace antiphon::http
