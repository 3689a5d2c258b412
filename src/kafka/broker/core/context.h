// What the request handlers share. One reactor thread; nothing here is locked.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "core/clock.h"
#include "core/random.h"
#include "kafka/broker/broker.h"
#include "kafka/broker/core/dynamic_configs.h"
#include "kafka/broker/core/fetch_purgatory.h"
#include "kafka/broker/core/offsets_topic.h"
#include "kafka/broker/core/partition_markers.h"
#include "kafka/broker/core/producer_ids.h"
#include "kafka/broker/core/request.h"
#include "kafka/broker/core/sasl_gate.h"
#include "kafka/broker/core/sync_waiters.h"
#include "kafka/broker/core/topic_configs.h"
#include "kafka/broker/core/transactions_topic.h"
#include "kafka/broker/group/coordinator.h"
#include "kafka/broker/txn/coordinator.h"
#include "kafka/log/log.h"

namespace antiphon::kafka::broker {

// An acks=all Produce that waits for its syncs (handlers/produce.cc).
class DelayedProduces;

struct BrokerParts {  // all outlive the context
  const BrokerSettings& settings;
  log::Log& log;
  const Clock& clock;
  Random& random;
  ResponseSink& sink;
  BrokerMetrics& metrics;
  SyncWaiters& sync_waiters;
  FetchPurgatory& fetches;
  DelayedProduces& produces;
  OffsetsTopic& offsets_topic;
  GroupCoordinator& groups;
  ProducerIds& producer_ids;
  TransactionsTopic& transactions_topic;
  TransactionCoordinator& transactions;
  MarkerWriter& markers;
  SaslGate& sasl;
  DynamicConfigs& dynamic_configs;
};

struct BrokerContext : BrokerParts {
  BrokerContext(const BrokerParts& parts, std::string cluster)
      : BrokerParts(parts),
        cluster_id(std::move(cluster)),
        advertised{parts.settings.listen_host, parts.settings.listen_port} {}

  std::string cluster_id;
  HostPort advertised;
  std::vector<PartitionKey> moved;  // whose visible end may have moved since fetches were last tried
  wire::Buffer scratch;             // for one call

  [[nodiscard]] Instant now() const { return {clock.mono_now(), clock.wall_now()}; }
  [[nodiscard]] std::int32_t node_id() const { return settings.node_id; }
  // The topic's policy, read once a topic; forget_policy() when its settings change.
  const TopicPolicy& policy_of(const log::TopicMeta& topic);
  void forget_policy(const log::TopicId& id) { policies_.erase(id.bytes); }

  // Encodes and sends. A message that cannot be encoded closes the connection (a mistake of ours, logged).
  template <class M>
  void respond(const ReplyStub& to, const M& message, std::vector<log::LogSlice> files = {}, bool last = false) {
    Response response;
    response.files = std::move(files);
    response.last = last;
    auto written = wire::write_response(response.bytes, to.version, to.correlation_id, message, &response.slices);
    if (!written) return fail_encoding(to, written.error());
    sink.respond(to.to, std::move(response));
  }
  template <class M>
  void respond(const Request& to, const M& message) {
    respond(ReplyStub::of(to), message);
  }
  // The connection ends once this has left.
  template <class M>
  void respond_last(const Request& to, const M& message) {
    respond(ReplyStub::of(to), message, {}, true);
  }
  void refuse(const Request& request, std::string_view reason);  // closes

 private:
  void fail_encoding(const ReplyStub& to, const Error& error);
  struct IdHash {
    std::size_t operator()(const std::array<std::byte, 16>& id) const noexcept {
      return PartitionKeyHash{}({{id}, PartitionId(0)});
    }
  };
  std::unordered_map<std::array<std::byte, 16>, TopicPolicy, IdHash> policies_;
};

// The request's message, or nothing: then the connection is closed and the handler returns.
template <class M>
std::optional<M> decode(BrokerContext& context, const Request& request) {
  wire::Reader in(request.body);
  std::optional<M> message(std::in_place);
  wire::read(in, request.version(), *message);
  if (in.ok()) return message;
  context.refuse(request, in.error("request body").message);
  return std::nullopt;
}

inline wire::Uuid to_wire(const log::TopicId& id) { return wire::Uuid{id.bytes}; }
inline log::TopicId from_wire(const wire::Uuid& id) { return log::TopicId{id.bytes}; }
// kNone, or what a client of another epoch must hear (KIP-320). -1 asks for no check.
wire::ErrorCode check_leader_epoch(LeaderEpoch asked, LeaderEpoch current);
// An Error of the log or of a check, as Kafka would name it.
wire::ErrorCode to_wire_error(const Error& error);

}  // namespace antiphon::kafka::broker
