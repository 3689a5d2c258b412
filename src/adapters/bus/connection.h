// How to reach Kafka. One code path: the embedded broker and an Apache Kafka cluster differ in nothing but the address.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/result.h"

namespace antiphon::bus {

struct Connection {
  std::string bootstrap = "127.0.0.1:9092";  // HOST:PORT[,HOST:PORT...]; one of a cluster is enough
  std::string client_id = "antiphon";        // NAMESPACE.STAGE.SLOT, the same after a restart
  // librdkafka properties by their own names, for TLS and SASL (security.protocol, ssl.ca.location, sasl.mechanisms
  // ...).
  std::map<std::string, std::string> properties;

  Result<> validate() const;
};

// Waits until a broker answers a metadata request, up to `timeout`; kUnavailable with the address otherwise.
Result<> wait_until_reachable(const Connection& connection, std::chrono::milliseconds timeout);

}  // namespace antiphon::bus
