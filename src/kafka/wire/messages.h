// Every message, for those who need all of them: the version table, the tests, the fuzz targets. Others include the one
// header they mean.
#pragma once

#include "kafka/wire/add_offsets_to_txn.h"
#include "kafka/wire/add_partitions_to_txn.h"
#include "kafka/wire/alter_configs.h"
#include "kafka/wire/alter_user_scram_credentials.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/consumer_group_describe.h"
#include "kafka/wire/create_partitions.h"
#include "kafka/wire/create_topics.h"
#include "kafka/wire/delete_groups.h"
#include "kafka/wire/delete_records.h"
#include "kafka/wire/delete_topics.h"
#include "kafka/wire/describe_cluster.h"
#include "kafka/wire/describe_configs.h"
#include "kafka/wire/describe_groups.h"
#include "kafka/wire/describe_log_dirs.h"
#include "kafka/wire/describe_producers.h"
#include "kafka/wire/describe_topic_partitions.h"
#include "kafka/wire/describe_transactions.h"
#include "kafka/wire/describe_user_scram_credentials.h"
#include "kafka/wire/elect_leaders.h"
#include "kafka/wire/end_txn.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/find_coordinator.h"
#include "kafka/wire/heartbeat.h"
#include "kafka/wire/incremental_alter_configs.h"
#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/join_group.h"
#include "kafka/wire/leave_group.h"
#include "kafka/wire/list_groups.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/list_transactions.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/offset_commit.h"
#include "kafka/wire/offset_delete.h"
#include "kafka/wire/offset_fetch.h"
#include "kafka/wire/offset_for_leader_epoch.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/sasl_authenticate.h"
#include "kafka/wire/sasl_handshake.h"
#include "kafka/wire/sync_group.h"
#include "kafka/wire/txn_offset_commit.h"
#include "kafka/wire/write_txn_markers.h"

// X(name): nameRequest and nameResponse are messages. Ascending by API key.
// clang-format off
#define ANTIPHON_WIRE_APIS(X) \
  X(Produce) \
  X(Fetch) \
  X(ListOffsets) \
  X(Metadata) \
  X(OffsetCommit) \
  X(OffsetFetch) \
  X(FindCoordinator) \
  X(JoinGroup) \
  X(Heartbeat) \
  X(LeaveGroup) \
  X(SyncGroup) \
  X(DescribeGroups) \
  X(ListGroups) \
  X(SaslHandshake) \
  X(ApiVersions) \
  X(CreateTopics) \
  X(DeleteTopics) \
  X(DeleteRecords) \
  X(InitProducerId) \
  X(OffsetForLeaderEpoch) \
  X(AddPartitionsToTxn) \
  X(AddOffsetsToTxn) \
  X(EndTxn) \
  X(WriteTxnMarkers) \
  X(TxnOffsetCommit) \
  X(DescribeConfigs) \
  X(AlterConfigs) \
  X(DescribeLogDirs) \
  X(SaslAuthenticate) \
  X(CreatePartitions) \
  X(DeleteGroups) \
  X(ElectLeaders) \
  X(IncrementalAlterConfigs) \
  X(OffsetDelete) \
  X(DescribeUserScramCredentials) \
  X(AlterUserScramCredentials) \
  X(DescribeCluster) \
  X(DescribeProducers) \
  X(DescribeTransactions) \
  X(ListTransactions) \
  X(ConsumerGroupDescribe) \
  X(DescribeTopicPartitions)
// clang-format on
