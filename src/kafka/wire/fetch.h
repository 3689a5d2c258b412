// Fetch (1), versions 0-17: reads records, waits for them.
//
// 1: throttle time. 3: max_bytes for the whole response (KIP-74). 4: record batches, isolation level, aborted
// transactions (KIP-98). 5: log start offset. 7: fetch sessions (KIP-227). 9: current leader epoch (KIP-320). 10:
// zstd (KIP-110). 11: rack and preferred replica (KIP-392). 12: flexible, diverging epochs (KIP-595). 13: topic ids
// in place of names (KIP-516). 15: replica state replaces replica_id (KIP-903). 16: node endpoints (KIP-951). 17:
// directory id (KIP-853).
// records in the response: Records::external for segment slices; empty, never null. aborted_transactions null means
// none (read_uncommitted). What followers need is read and means nothing to us.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct FetchRequest {
  static constexpr ApiKey kApiKey = ApiKey::kFetch;
  static constexpr VersionRange kVersions{0, 17};
  static constexpr ApiVersion kFlexibleFrom = 12;

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    template <class V>
    static void describe(V& v) {
      v.field(&ReplicaState::replica_id, since(15));
      v.field(&ReplicaState::replica_epoch, since(15));
    }
  };

  struct Partition {
    PartitionId partition;
    LeaderEpoch current_leader_epoch{-1};
    Offset fetch_offset;
    LeaderEpoch last_fetched_epoch{-1};
    Offset log_start_offset{-1};
    std::int32_t partition_max_bytes = 0;
    Uuid replica_directory_id;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition, since(0));
      v.field(&Partition::current_leader_epoch, since(9));
      v.field(&Partition::fetch_offset, since(0));
      v.field(&Partition::last_fetched_epoch, since(12));
      v.field(&Partition::log_start_offset, since(5));
      v.field(&Partition::partition_max_bytes, since(0));
      v.tagged(0, &Partition::replica_directory_id, since(17));
    }
  };

  struct Topic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, between(0, 12));
      v.field(&Topic::topic_id, since(13));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct ForgottenTopic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&ForgottenTopic::topic, between(7, 12));
      v.field(&ForgottenTopic::topic_id, since(13));
      v.field(&ForgottenTopic::partitions, since(7));
    }
  };

  std::optional<std::string_view> cluster_id;
  std::int32_t replica_id = -1;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 0x7fffffff;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string_view rack_id;

  template <class V>
  static void describe(V& v) {
    v.field(&FetchRequest::replica_id, between(0, 14));
    v.field(&FetchRequest::max_wait_ms, since(0));
    v.field(&FetchRequest::min_bytes, since(0));
    v.field(&FetchRequest::max_bytes, since(3));
    v.field(&FetchRequest::isolation_level, since(4));
    v.field(&FetchRequest::session_id, since(7));
    v.field(&FetchRequest::session_epoch, since(7));
    v.field(&FetchRequest::topics, since(0));
    v.field(&FetchRequest::forgotten_topics_data, since(7));
    v.field(&FetchRequest::rack_id, since(11));
    v.tagged(0, &FetchRequest::cluster_id, since(12).nullable_since(12));
    v.tagged(1, &FetchRequest::replica_state, since(15));
  }
};

struct FetchResponse {
  static constexpr ApiKey kApiKey = ApiKey::kFetch;
  static constexpr VersionRange kVersions{0, 17};
  static constexpr ApiVersion kFlexibleFrom = 12;

  struct EpochEndOffset {
    LeaderEpoch epoch{-1};
    Offset end_offset{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&EpochEndOffset::epoch, since(12));
      v.field(&EpochEndOffset::end_offset, since(12));
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = -1;
    LeaderEpoch leader_epoch{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&LeaderIdAndEpoch::leader_id, since(12));
      v.field(&LeaderIdAndEpoch::leader_epoch, since(12));
    }
  };

  struct SnapshotId {
    Offset end_offset{-1};
    LeaderEpoch epoch{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&SnapshotId::end_offset, since(0));
      v.field(&SnapshotId::epoch, since(0));
    }
  };

  struct AbortedTransaction {
    ProducerId producer_id;
    Offset first_offset;

    template <class V>
    static void describe(V& v) {
      v.field(&AbortedTransaction::producer_id, since(4));
      v.field(&AbortedTransaction::first_offset, since(4));
    }
  };

  struct Partition {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    Offset high_watermark;
    Offset last_stable_offset{-1};
    Offset log_start_offset{-1};
    EpochEndOffset diverging_epoch;
    LeaderIdAndEpoch current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions;
    std::int32_t preferred_read_replica = -1;
    Records records;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::high_watermark, since(0));
      v.field(&Partition::last_stable_offset, since(4));
      v.field(&Partition::log_start_offset, since(5));
      v.field(&Partition::aborted_transactions, since(4).nullable_since(4));
      v.field(&Partition::preferred_read_replica, since(11));
      v.field(&Partition::records, since(0).nullable_since(0));
      v.tagged(0, &Partition::diverging_epoch, since(12));
      v.tagged(1, &Partition::current_leader, since(12));
      v.tagged(2, &Partition::snapshot_id, since(12));
    }
  };

  struct Topic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, between(0, 12));
      v.field(&Topic::topic_id, since(13));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;

    template <class V>
    static void describe(V& v) {
      v.field(&NodeEndpoint::node_id, since(16));
      v.field(&NodeEndpoint::host, since(16));
      v.field(&NodeEndpoint::port, since(16));
      v.field(&NodeEndpoint::rack, since(16).nullable_since(16));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t session_id = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  template <class V>
  static void describe(V& v) {
    v.field(&FetchResponse::throttle_time_ms, since(1));
    v.field(&FetchResponse::error_code, since(7));
    v.field(&FetchResponse::session_id, since(7));
    v.field(&FetchResponse::responses, since(0));
    v.tagged(0, &FetchResponse::node_endpoints, since(16));
  }
};

}  // namespace antiphon::kafka::wire
