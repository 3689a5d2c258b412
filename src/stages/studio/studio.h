// The studio: gives sentences to people in a browser and takes their voices. Its interface: docs/formats/http.md.
//
// It reads NAMESPACE.prompts, writes NAMESPACE.recordings and NAMESPACE.prompt-state, and holds nothing that it could
// not read again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "adapters/bus/connection.h"
#include "core/health.h"
#include "core/result.h"
#include "core/stop.h"

namespace prometheus {
class Registry;
}

namespace antiphon::studio {

struct StudioSettings {
  bus::Connection kafka;  // client_id is set by the studio: NAMESPACE.studio.SLOT
  std::string name_space = "voices";
  // This instance among those of the namespace. Given: it has its partitions back at once after any restart; two
  // processes with one slot fence each other. Empty: the dead are given 6 s.
  std::string slot;
  std::string http_host = "127.0.0.1";
  std::uint16_t http_port = 8080;  // 0: a free one
  std::string tls_certificate;     // PEM files; both or neither
  std::string tls_key;
  std::string peer;     // how other studios reach this one, see peer_url()
  std::string peer_ca;  // PEM: who has signed the other studios' certificates; empty: whom the system trusts
  bool warm = false;    // copies of the other studios' partitions are kept: a move waits for no reading
  std::string web_dir;  // the page's files; empty: the interface without a page
  std::string version = "0";
  std::int32_t partitions = 6;
  int replication = 0;  // 0: 1 on one broker, 2 on two, else 3

  std::chrono::milliseconds lease{std::chrono::minutes{10}};
  int skips_until_parked = 3;                         // distinct speakers
  std::chrono::milliseconds receipt_time_max{8'000};  // then 503 with Retry-After; the send goes on
  std::chrono::milliseconds write_behind{50};         // leases and takes reach prompt-state; at most 100
  std::size_t in_flight_bytes_max = 64U << 20;        // audio on its way to Kafka; above it 503 with Retry-After
  std::chrono::milliseconds kafka_time_max{30'000};   // one question to Kafka during the start
  std::size_t requests_per_second_and_address = 100;
  bool loopback_exempt = true;  // from the limits per address: `up` serves one machine's own browser

  Result<> validate() const;
  // `peer`, or what follows from the address: http(s)://HOST:PORT, the machine's name where it serves all addresses.
  [[nodiscard]] std::string peer_url(std::uint16_t port) const;
};

// Serves until asked to stop, then finishes what is under way. The studios of a namespace share the partitions of
// prompts in the group NAMESPACE.studio; any of them answers any browser. HTTP listens at once (503 with Retry-After
// until the group has divided and the state is read); `on_listening` tells its port. `health` becomes ready when
// everything that the group gave to this one is open. An error ends the process with its exit code: kConfig for a port
// in use, topics of another shape, a page's folder that is not there; kLimit where another process has our slot;
// kUnavailable where only a new start knows what the log holds; kNotFound where what was read of a log is gone from it.
Result<> run_studio(const StudioSettings& settings, StopToken stop, Health& health, prometheus::Registry& registry,
                    const std::function<void(std::uint16_t port)>& on_listening);

}  // namespace antiphon::studio
