#include "adapters/bus/connection.h"

#include <fmt/format.h>

#include "adapters/bus/rdkafka.h"
#include "core/host_port.h"

namespace antiphon::bus {
namespace {

bool is_address(std::string_view text) {
  const auto address = parse_host_port(text);
  return address && !address->host.empty() && address->port != 0;
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
  ANTIPHON_TRY(handle, rd::Configuration(connection).make(RD_KAFKA_PRODUCER));
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(handle.get(), 0, nullptr, &metadata, rd::milliseconds(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return make_error(ErrorKind::kUnavailable,
                      fmt::format("no Kafka broker answers at {} ({}); is it running, and is the address right?",
                                  connection.bootstrap, rd_kafka_err2str(code)));
  }
  rd_kafka_metadata_destroy(metadata);
  return {};
}

}  // namespace antiphon::bus
