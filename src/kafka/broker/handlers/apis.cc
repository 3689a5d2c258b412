// Which requests this broker takes, in which versions: what ApiVersions says, and docs/compatibility.md.
//
// Not offered, so that clients learn it from ApiVersions and do not ask. Only a cluster, its controllers, a feature
// that one machine seldom needs, or a promise not kept here stands in this list:
//   LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown: what brokers of a cluster say to one another
//   Vote, BeginQuorumEpoch, EndQuorumEpoch, FetchSnapshot: the quorum of a cluster's controllers
//   AlterPartition, Envelope, BrokerRegistration, BrokerHeartbeat, UnregisterBroker: brokers and their controllers
//   AllocateProducerIds, ControllerRegistration, AssignReplicasToDirs: brokers and their controllers
//   UpdateFeatures: there are no feature levels
//   CreateDelegationToken, RenewDelegationToken, ExpireDelegationToken, DescribeDelegationToken: there are no tokens
//   AlterClientQuotas: quotas are not enforced, so none are taken
//   ConsumerGroupHeartbeat, ConsumerGroupDescribe: the group protocol of KIP-848; clients take the classic one
//   GetTelemetrySubscriptions, PushTelemetry: clients keep their metrics to themselves (KIP-714)
#include <algorithm>

#include "kafka/broker/handlers/handlers.h"

namespace antiphon::kafka::broker {
namespace {

using wire::ApiKey;

// Minimum 0 and the codec's maximum, but where a version would promise what is not kept.
constexpr HandledApi kHandled[] = {
    {ApiKey::kProduce, {0, 11}, handle_produce},
    {ApiKey::kFetch, {0, 16}, handle_fetch},
    {ApiKey::kListOffsets, {0, 9}, handle_list_offsets},
    {ApiKey::kMetadata, {0, 12}, handle_metadata},
    {ApiKey::kOffsetCommit, {0, 9}, handle_offset_commit},
    {ApiKey::kOffsetFetch, {0, 9}, handle_offset_fetch},
    {ApiKey::kFindCoordinator, {0, 5}, handle_find_coordinator},  // 6 is for share groups
    {ApiKey::kJoinGroup, {0, 9}, handle_join_group},
    {ApiKey::kHeartbeat, {0, 4}, handle_heartbeat},
    {ApiKey::kLeaveGroup, {0, 5}, handle_leave_group},
    {ApiKey::kSyncGroup, {0, 5}, handle_sync_group},
    {ApiKey::kDescribeGroups, {0, 5}, handle_describe_groups},
    {ApiKey::kListGroups, {0, 5}, handle_list_groups},
    {ApiKey::kSaslHandshake, {0, 1}, handle_sasl_handshake},
    {ApiKey::kApiVersions, {0, 4}, handle_api_versions},
    {ApiKey::kCreateTopics, {0, 7}, handle_create_topics},
    {ApiKey::kDeleteTopics, {0, 6}, handle_delete_topics},
    {ApiKey::kDeleteRecords, {0, 2}, handle_delete_records},
    {ApiKey::kInitProducerId, {0, 5}, handle_init_producer_id},
    {ApiKey::kOffsetForLeaderEpoch, {0, 4}, handle_offset_for_leader_epoch},
    {ApiKey::kAddPartitionsToTxn, {0, 5}, handle_add_partitions_to_txn},
    {ApiKey::kAddOffsetsToTxn, {0, 4}, handle_add_offsets_to_txn},
    {ApiKey::kEndTxn, {0, 4}, handle_end_txn},  // 5 and TxnOffsetCommit 5 promise KIP-890's second part
    {ApiKey::kWriteTxnMarkers, {0, 1}, handle_write_txn_markers},
    {ApiKey::kTxnOffsetCommit, {0, 4}, handle_txn_offset_commit},
    {ApiKey::kDescribeAcls, {1, 3}, handle_describe_acls},
    {ApiKey::kCreateAcls, {1, 3}, handle_create_acls},
    {ApiKey::kDeleteAcls, {1, 3}, handle_delete_acls},
    {ApiKey::kDescribeConfigs, {0, 4}, handle_describe_configs},
    {ApiKey::kAlterConfigs, {0, 2}, handle_alter_configs},
    {ApiKey::kAlterReplicaLogDirs, {1, 2}, handle_alter_replica_log_dirs},
    {ApiKey::kDescribeLogDirs, {0, 4}, handle_describe_log_dirs},
    {ApiKey::kSaslAuthenticate, {0, 2}, handle_sasl_authenticate},
    {ApiKey::kCreatePartitions, {0, 3}, handle_create_partitions},
    {ApiKey::kDeleteGroups, {0, 2}, handle_delete_groups},
    {ApiKey::kElectLeaders, {0, 2}, handle_elect_leaders},
    {ApiKey::kIncrementalAlterConfigs, {0, 1}, handle_incremental_alter_configs},
    {ApiKey::kAlterPartitionReassignments, {0, 1}, handle_alter_partition_reassignments},
    {ApiKey::kListPartitionReassignments, {0, 0}, handle_list_partition_reassignments},
    {ApiKey::kOffsetDelete, {0, 0}, handle_offset_delete},
    {ApiKey::kDescribeClientQuotas, {0, 1}, handle_describe_client_quotas},
    {ApiKey::kDescribeUserScramCredentials, {0, 0}, handle_describe_user_scram_credentials},
    {ApiKey::kAlterUserScramCredentials, {0, 0}, handle_alter_user_scram_credentials},
    {ApiKey::kDescribeQuorum, {0, 2}, handle_describe_quorum},
    {ApiKey::kDescribeCluster, {0, 1}, handle_describe_cluster},
    {ApiKey::kDescribeProducers, {0, 0}, handle_describe_producers},
    {ApiKey::kDescribeTransactions, {0, 0}, handle_describe_transactions},
    {ApiKey::kListTransactions, {0, 1}, handle_list_transactions},
    {ApiKey::kListConfigResources, {0, 1}, handle_list_config_resources},
    {ApiKey::kDescribeTopicPartitions, {0, 0}, handle_describe_topic_partitions},
};

}  // namespace

std::span<const HandledApi> handled_apis() { return kHandled; }

const HandledApi* find_handled(std::int16_t api_key) {
  const auto* found = std::find_if(std::begin(kHandled), std::end(kHandled), [&](const HandledApi& api) {
    return static_cast<std::int16_t>(api.key) == api_key;
  });
  return found == std::end(kHandled) ? nullptr : found;
}

}  // namespace antiphon::kafka::broker
