// One function a Kafka API; each file opens with its versions, KIPs and what is not implemented. ApiVersions shows the
// table below and nothing else.
#pragma once

#include <span>

#include "kafka/broker/core/context.h"
#include "kafka/wire/versions.h"

namespace antiphon::kafka::broker {

using Handler = void (*)(BrokerContext&, const Request&);

struct HandledApi {
  wire::ApiKey key;
  wire::VersionRange versions;
  Handler handler;
};

// Ascending by key.
[[nodiscard]] std::span<const HandledApi> handled_apis();
[[nodiscard]] const HandledApi* find_handled(std::int16_t api_key);

void handle_produce(BrokerContext& context, const Request& request);
void handle_fetch(BrokerContext& context, const Request& request);
void handle_list_offsets(BrokerContext& context, const Request& request);
void handle_metadata(BrokerContext& context, const Request& request);
void handle_offset_commit(BrokerContext& context, const Request& request);
void handle_offset_fetch(BrokerContext& context, const Request& request);
void handle_find_coordinator(BrokerContext& context, const Request& request);
void handle_join_group(BrokerContext& context, const Request& request);
void handle_heartbeat(BrokerContext& context, const Request& request);
void handle_leave_group(BrokerContext& context, const Request& request);
void handle_sync_group(BrokerContext& context, const Request& request);
void handle_describe_groups(BrokerContext& context, const Request& request);
void handle_list_groups(BrokerContext& context, const Request& request);
void handle_sasl_handshake(BrokerContext& context, const Request& request);
void handle_api_versions(BrokerContext& context, const Request& request);
void handle_sasl_authenticate(BrokerContext& context, const Request& request);
void handle_describe_user_scram_credentials(BrokerContext& context, const Request& request);
void handle_alter_user_scram_credentials(BrokerContext& context, const Request& request);
void handle_create_topics(BrokerContext& context, const Request& request);
void handle_delete_topics(BrokerContext& context, const Request& request);
void handle_delete_records(BrokerContext& context, const Request& request);
void handle_init_producer_id(BrokerContext& context, const Request& request);
void handle_offset_for_leader_epoch(BrokerContext& context, const Request& request);
void handle_describe_configs(BrokerContext& context, const Request& request);
void handle_alter_configs(BrokerContext& context, const Request& request);
void handle_incremental_alter_configs(BrokerContext& context, const Request& request);
void handle_create_partitions(BrokerContext& context, const Request& request);
void handle_delete_groups(BrokerContext& context, const Request& request);
void handle_offset_delete(BrokerContext& context, const Request& request);
void handle_describe_cluster(BrokerContext& context, const Request& request);
void handle_describe_log_dirs(BrokerContext& context, const Request& request);
void handle_add_partitions_to_txn(BrokerContext& context, const Request& request);
void handle_add_offsets_to_txn(BrokerContext& context, const Request& request);
void handle_end_txn(BrokerContext& context, const Request& request);
void handle_write_txn_markers(BrokerContext& context, const Request& request);
void handle_txn_offset_commit(BrokerContext& context, const Request& request);
void handle_describe_producers(BrokerContext& context, const Request& request);
void handle_describe_transactions(BrokerContext& context, const Request& request);
void handle_list_transactions(BrokerContext& context, const Request& request);
void handle_describe_acls(BrokerContext& context, const Request& request);
void handle_create_acls(BrokerContext& context, const Request& request);
void handle_delete_acls(BrokerContext& context, const Request& request);
void handle_alter_replica_log_dirs(BrokerContext& context, const Request& request);
void handle_elect_leaders(BrokerContext& context, const Request& request);
void handle_alter_partition_reassignments(BrokerContext& context, const Request& request);
void handle_list_partition_reassignments(BrokerContext& context, const Request& request);
void handle_describe_client_quotas(BrokerContext& context, const Request& request);
void handle_describe_quorum(BrokerContext& context, const Request& request);
void handle_list_config_resources(BrokerContext& context, const Request& request);
void handle_describe_topic_partitions(BrokerContext& context, const Request& request);

constexpr std::string_view kNoAuthorizer = "No Authorizer is configured.";

// A frame without a request's header: what comes after SaslHandshake 0 (handlers/sasl_authenticate.cc).
void take_raw_sasl_token(BrokerContext& context, ReplyTo to, std::string_view host, ByteView token);

// Bit sets of operations that a client without an authorizer may do (KIP-430).
constexpr std::int32_t kTopicOperations =
    0xDF8;  // read write create delete alter describe describe-configs alter-configs
constexpr std::int32_t kClusterOperations =
    0x1FA0;  // create alter describe cluster-action describe/alter-configs idempotent-write
constexpr std::int32_t kGroupOperations = 0x148;  // read delete describe

// PRODUCER_FENCED is newer than the transactions: clients of older versions are told INVALID_PRODUCER_EPOCH (KIP-588).
wire::ErrorCode fenced_as_of(wire::ApiVersion version, wire::ApiVersion first_version, wire::ErrorCode error);
// What a write to a partition hears that its transaction does not have (KIP-890): `knows_abortable` clients
// TRANSACTION_ABORTABLE, others INVALID_TXN_STATE. kNone: it may write.
wire::ErrorCode verify_transaction(BrokerContext& context, std::string_view transactional_id,
                                   const ProducerIdentity& who, const TopicPartition& partition, bool knows_abortable);

// Makes a topic as a first use does, with the broker's defaults. Errors as wire codes.
wire::ErrorCode auto_create_topic(BrokerContext& context, std::string_view name);
// The broker's limits on topics: kLimit, kInvalidInput. `partitions` more partitions are wanted.
Result<> check_topic_limits(BrokerContext& context, std::int32_t partitions, std::int32_t of_topic, bool new_topic);

}  // namespace antiphon::kafka::broker
