// HOST:PORT as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace antiphon {

struct HostPort {
  std::string host;  // without the brackets of an IPv6 address; may be empty
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:0", "localhost:8080", ":8080". kUsage otherwise; what an empty host means is the caller's.
Result<HostPort> parse_host_port(std::string_view text);
// 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

}  // namespace antiphon
