// The numbers of Kafka's APIs and their names, in one list.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// X(constant, number, Kafka's name)
// clang-format off
#define ANTIPHON_KAFKA_API_KEYS(X) \
  X(kProduce, 0, "Produce") \
  X(kFetch, 1, "Fetch") \
  X(kListOffsets, 2, "ListOffsets") \
  X(kMetadata, 3, "Metadata") \
  X(kLeaderAndIsr, 4, "LeaderAndIsr") \
  X(kStopReplica, 5, "StopReplica") \
  X(kUpdateMetadata, 6, "UpdateMetadata") \
  X(kControlledShutdown, 7, "ControlledShutdown") \
  X(kOffsetCommit, 8, "OffsetCommit") \
  X(kOffsetFetch, 9, "OffsetFetch") \
  X(kFindCoordinator, 10, "FindCoordinator") \
  X(kJoinGroup, 11, "JoinGroup") \
  X(kHeartbeat, 12, "Heartbeat") \
  X(kLeaveGroup, 13, "LeaveGroup") \
  X(kSyncGroup, 14, "SyncGroup") \
  X(kDescribeGroups, 15, "DescribeGroups") \
  X(kListGroups, 16, "ListGroups") \
  X(kSaslHandshake, 17, "SaslHandshake") \
  X(kApiVersions, 18, "ApiVersions") \
  X(kCreateTopics, 19, "CreateTopics") \
  X(kDeleteTopics, 20, "DeleteTopics") \
  X(kDeleteRecords, 21, "DeleteRecords") \
  X(kInitProducerId, 22, "InitProducerId") \
  X(kOffsetForLeaderEpoch, 23, "OffsetForLeaderEpoch") \
  X(kAddPartitionsToTxn, 24, "AddPartitionsToTxn") \
  X(kAddOffsetsToTxn, 25, "AddOffsetsToTxn") \
  X(kEndTxn, 26, "EndTxn") \
  X(kWriteTxnMarkers, 27, "WriteTxnMarkers") \
  X(kTxnOffsetCommit, 28, "TxnOffsetCommit") \
  X(kDescribeAcls, 29, "DescribeAcls") \
  X(kCreateAcls, 30, "CreateAcls") \
  X(kDeleteAcls, 31, "DeleteAcls") \
  X(kDescribeConfigs, 32, "DescribeConfigs") \
  X(kAlterConfigs, 33, "AlterConfigs") \
  X(kAlterReplicaLogDirs, 34, "AlterReplicaLogDirs") \
  X(kDescribeLogDirs, 35, "DescribeLogDirs") \
  X(kSaslAuthenticate, 36, "SaslAuthenticate") \
  X(kCreatePartitions, 37, "CreatePartitions") \
  X(kCreateDelegationToken, 38, "CreateDelegationToken") \
  X(kRenewDelegationToken, 39, "RenewDelegationToken") \
  X(kExpireDelegationToken, 40, "ExpireDelegationToken") \
  X(kDescribeDelegationToken, 41, "DescribeDelegationToken") \
  X(kDeleteGroups, 42, "DeleteGroups") \
  X(kElectLeaders, 43, "ElectLeaders") \
  X(kIncrementalAlterConfigs, 44, "IncrementalAlterConfigs") \
  X(kAlterPartitionReassignments, 45, "AlterPartitionReassignments") \
  X(kListPartitionReassignments, 46, "ListPartitionReassignments") \
  X(kOffsetDelete, 47, "OffsetDelete") \
  X(kDescribeClientQuotas, 48, "DescribeClientQuotas") \
  X(kAlterClientQuotas, 49, "AlterClientQuotas") \
  X(kDescribeUserScramCredentials, 50, "DescribeUserScramCredentials") \
  X(kAlterUserScramCredentials, 51, "AlterUserScramCredentials") \
  X(kVote, 52, "Vote") \
  X(kBeginQuorumEpoch, 53, "BeginQuorumEpoch") \
  X(kEndQuorumEpoch, 54, "EndQuorumEpoch") \
  X(kDescribeQuorum, 55, "DescribeQuorum") \
  X(kAlterPartition, 56, "AlterPartition") \
  X(kUpdateFeatures, 57, "UpdateFeatures") \
  X(kEnvelope, 58, "Envelope") \
  X(kFetchSnapshot, 59, "FetchSnapshot") \
  X(kDescribeCluster, 60, "DescribeCluster") \
  X(kDescribeProducers, 61, "DescribeProducers") \
  X(kBrokerRegistration, 62, "BrokerRegistration") \
  X(kBrokerHeartbeat, 63, "BrokerHeartbeat") \
  X(kUnregisterBroker, 64, "UnregisterBroker") \
  X(kDescribeTransactions, 65, "DescribeTransactions") \
  X(kListTransactions, 66, "ListTransactions") \
  X(kAllocateProducerIds, 67, "AllocateProducerIds") \
  X(kConsumerGroupHeartbeat, 68, "ConsumerGroupHeartbeat") \
  X(kConsumerGroupDescribe, 69, "ConsumerGroupDescribe") \
  X(kControllerRegistration, 70, "ControllerRegistration") \
  X(kGetTelemetrySubscriptions, 71, "GetTelemetrySubscriptions") \
  X(kPushTelemetry, 72, "PushTelemetry") \
  X(kAssignReplicasToDirs, 73, "AssignReplicasToDirs") \
  X(kListConfigResources, 74, "ListConfigResources") \
  X(kDescribeTopicPartitions, 75, "DescribeTopicPartitions")
// clang-format on

namespace antiphon::kafka::wire {

enum class ApiKey : std::int16_t {
#define ANTIPHON_ENUMERATOR(constant, number, name) constant = (number),
  ANTIPHON_KAFKA_API_KEYS(ANTIPHON_ENUMERATOR)
#undef ANTIPHON_ENUMERATOR
};

// "Unknown" for a number that is none of them.
std::string_view to_string(ApiKey key);
// Nothing for a number that is none of them: what comes from a client is an int16 until this has looked at it.
std::optional<ApiKey> api_key_of(std::int16_t number);

}  // namespace antiphon::kafka::wire
