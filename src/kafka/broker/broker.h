// The embedded broker: one node that speaks Kafka's wire protocol over a crash-safe log. Kafka knowledge only; it knows
// nothing of speech, and no other broker.
//
//   BrokerSettings settings;  settings.data_dir = "data";  settings.listen_port = 0;
//   run_broker(settings, stop.token(), health, [](const std::string& host, std::uint16_t port) { ... });
//
// Promises (acks, high watermark, recovery) stand in ARCHITECTURE.md; what each API takes stands on top of its file in
// handlers/. One reactor thread serves all connections and owns all state; the log's syncer has a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/health.h"
#include "core/host_port.h"
#include "core/record.h"
#include "core/result.h"
#include "core/stop.h"
#include "kafka/broker/metrics.h"
#include "kafka/broker/security.h"

namespace antiphon::kafka::broker {

// Named maxima of everything a client can make grow. A client that goes over one gets an error or is dropped; it never
// takes memory from the others.
struct BrokerLimits {
  std::uint32_t connections_max = 2048;
  std::uint32_t connections_an_address_max = 1024;  // Kafka: max.connections.per.ip
  // Connections whose client is not known yet (a TLS handshake or SASL under way): the oldest makes room for a new one.
  std::uint32_t opening_connections_max = 256;
  std::uint32_t opening_request_bytes_max = 16U << 10U;  // one frame of such a client
  std::uint32_t request_bytes_max = 32U << 20U;          // one frame; Kafka: socket.request.max.bytes
  std::uint32_t requests_in_flight_max = 128;            // of one connection, read but not yet answered
  std::uint64_t input_bytes_max = 128ULL << 20U;         // frames of all connections, read or being read
  std::uint64_t output_bytes_max = 16ULL << 20U;         // copied (not sendfile) answer bytes of one connection
  std::uint32_t fetch_bytes_max = 55U << 20U;            // one Fetch answer; Kafka: fetch.max.bytes of the broker
  std::uint32_t waiting_requests_max = 16384;            // delayed Produce, Fetch, JoinGroup, SyncGroup in all
  std::uint32_t topics_max = 10'000;
  std::uint32_t partitions_max = 20'000;  // of all topics
  std::uint32_t partitions_a_topic_max = 5'000;
  std::uint32_t groups_max = 10'000;
  std::uint32_t members_a_group_max = 1'000;
  std::uint32_t group_metadata_bytes_max = 1U << 20U;        // subscription or assignment of one member
  std::uint32_t offset_metadata_bytes_max = 4096;            // Kafka: offset.metadata.max.bytes
  std::chrono::milliseconds idle_timeout{600'000};           // Kafka: connections.max.idle.ms
  std::chrono::milliseconds opening_timeout{10'000};         // to become known
  std::chrono::milliseconds stall_timeout{60'000};           // half a request, or an answer that nobody reads
  std::chrono::milliseconds crowded_timeout{2'000};          // a large request, while input_bytes_max holds others up
  std::chrono::milliseconds session_timeout_min{6'000};      // Kafka: group.min.session.timeout.ms
  std::chrono::milliseconds session_timeout_max{1'800'000};  // Kafka: group.max.session.timeout.ms
};

struct BrokerSettings {
  std::string data_dir;
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 9092;  // 0: any free one; on_ready says which
  std::optional<HostPort>
      advertise;  // what Metadata answers; nothing: where it listens. Port 0: the port it listens on
  std::int32_t node_id = 1;
  std::int32_t default_partitions = 1;  // of topics made on first use and of CreateTopics with -1
  bool auto_create_topics = true;
  std::vector<TopicSpec>
      topics;  // made before the port opens, where they are missing; one that exists is left as it is
  std::chrono::milliseconds initial_rebalance_delay{0};    // group.initial.rebalance.delay.ms
  std::chrono::milliseconds housekeeping_interval{5'000};  // retention and the like
  std::uint64_t journal_bytes = 64ULL << 20U;
  SecuritySettings security;
  BrokerLimits limits;

  [[nodiscard]] Result<> validate() const;
};

// As parse_host_port, with a host.
Result<HostPort> parse_address(std::string_view text);

// Recovers the log, opens the port, calls on_ready once (on this thread) with the host and port that Metadata answers,
// and serves until stop is requested; then it answers or fails what waits, syncs, marks the log clean and returns.
// Errors before on_ready: kAlreadyExists (another broker uses the folder), kConfig (port in use, address not ours),
// kCorrupt, kIo. `metrics` may be read by any thread while this runs and must outlive the call.
Result<> run_broker(const BrokerSettings& settings, StopToken stop, Health& health,
                    std::function<void(const std::string& host, std::uint16_t port)> on_ready,
                    BrokerMetrics* metrics = nullptr);

}  // namespace antiphon::kafka::broker
