#include <fmt/format.h>

#include "kafka/broker/broker.h"

namespace antiphon::kafka::broker {
namespace {
constexpr std::uint32_t kRequestBytesMin = 1U << 16U;
constexpr std::uint32_t kRequestBytesMax = 1U << 30U;
}  // namespace

Result<> BrokerSettings::validate() const {
  const auto usage = [](std::string text) { return make_error(ErrorKind::kUsage, std::move(text)); };
  if (data_dir.empty()) return usage("the broker needs a data folder (--data DIR)");
  if (listen_host.empty()) return usage("the broker needs an address to listen on (--kafka HOST:PORT)");
  if (default_partitions < 1 || static_cast<std::uint32_t>(default_partitions) > limits.partitions_a_topic_max) {
    return usage(
        fmt::format("{} partitions; between 1 and {} are possible", default_partitions, limits.partitions_a_topic_max));
  }
  if (node_id < 0) return usage(fmt::format("the node id is {}; it must not be negative", node_id));
  if (advertise && advertise->host.empty()) return usage("--advertise needs a host");
  if (limits.request_bytes_max < kRequestBytesMin || limits.request_bytes_max > kRequestBytesMax) {
    return usage(fmt::format("request_bytes_max is {}; between {} and {} are possible", limits.request_bytes_max,
                             kRequestBytesMin, kRequestBytesMax));
  }
  if (limits.connections_max == 0 || limits.requests_in_flight_max == 0) return usage("a limit of 0 lets nobody in");
  if (limits.connections_an_address_max == 0 || limits.opening_connections_max == 0)
    return usage("a limit of 0 lets nobody in");
  if (security.tls) ANTIPHON_TRY_VOID(security.tls->validate());
  if (limits.session_timeout_min > limits.session_timeout_max)
    return usage(fmt::format(
        "the shortest session time of a group's member is {} ms, above the longest, {} ms: no member could join "
        "(--group-min-session-timeout-ms, --group-max-session-timeout-ms)",
        limits.session_timeout_min.count(), limits.session_timeout_max.count()));
  return {};
}

Result<HostPort> parse_address(std::string_view text) {
  ANTIPHON_TRY(address, parse_host_port(text));
  if (address.host.empty()) return make_error(ErrorKind::kUsage, fmt::format("'{}' names no host", text));
  return address;
}

}  // namespace antiphon::kafka::broker
