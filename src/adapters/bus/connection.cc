#include "adapters/bus/connection.h"

#include <fmt/format.h>

#include "adapters/bus/rdkafka.h"
#include "core/host_port.h"

namespace antiphon::bus {
namespace {

constexpr std::chrono::milliseconds kOneTryMin{1};
constexpr std::chrono::milliseconds kOneTryMax{500};  // between looks at what the client complains of

bool is_address(std::string_view text) {
  const auto address = parse_host_port(text);
  return address && !address->host.empty() && address->port != 0;
}

// What the client last complained of; told by rd_kafka_poll on the caller's thread.
struct Complaint {
  std::string text;
  bool refused = false;  // the broker does not take us, or we do not take the broker: waiting does not help
};

void take_complaint(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto& complaint = *static_cast<Complaint*>(opaque);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  if (complaint.refused) return;
  complaint.text = reason;
  complaint.refused = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
}

}  // namespace

Result<> Connection::validate() const {
  std::size_t begin = 0;
  while (begin <= bootstrap.size()) {
    const std::size_t end = std::min(bootstrap.find(',', begin), bootstrap.size());
    const std::string_view one = std::string_view(bootstrap).substr(begin, end - begin);
    if (!is_address(one)) {
      return make_error(ErrorKind::kUsage,
                        fmt::format("'{}' is no broker address; --bootstrap takes HOST:PORT[,HOST:PORT...]", one));
    }
    begin = end + 1;
  }
  return {};
}

Result<> wait_until_reachable(const Connection& connection, std::chrono::milliseconds timeout) {
  Complaint complaint;
  rd::Configuration configuration(connection);
  rd_kafka_conf_set_opaque(configuration.raw(), &complaint);
  rd_kafka_conf_set_error_cb(configuration.raw(), take_complaint);
  ANTIPHON_TRY(handle, std::move(configuration).make(RD_KAFKA_PRODUCER));
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(handle.get(), 0, nullptr, &metadata,
                                        rd::milliseconds(std::clamp(left, kOneTryMin, kOneTryMax)));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
      return {};
    }
    rd_kafka_poll(handle.get(), 0);
    if (complaint.refused) {
      return make_error(ErrorKind::kPermission,
                        fmt::format("Kafka at {}: {}; look at security.protocol, the certificates, user and password",
                                    connection.bootstrap, complaint.text));
    }
    if (std::chrono::steady_clock::now() < until) continue;
    return make_error(
        ErrorKind::kUnavailable,
        fmt::format("no Kafka broker answers at {} ({}); is it running, and is the address right?",
                    connection.bootstrap, complaint.text.empty() ? rd_kafka_err2str(code) : complaint.text));
  }
}

}  // namespace antiphon::bus
