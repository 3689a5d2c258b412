// Metadata (3), versions 0-12: brokers, topics, partitions and their leaders; makes topics on first use.
//
// 0: an empty list means all topics; from 1 null does, and empty means none. 2: cluster id. 3: throttle time. 4: the
// client says whether topics may be made (KIP-204). 5: offline replicas (KIP-112). 7: leader epoch (KIP-320). 8:
// authorized operations (KIP-430), the cluster's only until 10 (KIP-700). 9: flexible. 10: topic ids (KIP-516). 12:
// topics asked for by id; then the name is null.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct MetadataRequest {
  static constexpr ApiKey kApiKey = ApiKey::kMetadata;
  static constexpr VersionRange kVersions{0, 12};
  static constexpr ApiVersion kFlexibleFrom = 9;

  struct Topic {
    Uuid topic_id;
    std::optional<std::string_view> name;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic_id, since(10));
      v.field(&Topic::name, since(0).nullable_since(10));
    }
  };

  std::optional<std::vector<Topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  template <class V>
  static void describe(V& v) {
    v.field(&MetadataRequest::topics, since(0).nullable_since(1));
    v.field(&MetadataRequest::allow_auto_topic_creation, since(4));
    v.field(&MetadataRequest::include_cluster_authorized_operations, between(8, 10));
    v.field(&MetadataRequest::include_topic_authorized_operations, since(8));
  }
};

struct MetadataResponse {
  static constexpr ApiKey kApiKey = ApiKey::kMetadata;
  static constexpr VersionRange kVersions{0, 12};
  static constexpr ApiVersion kFlexibleFrom = 9;

  struct Broker {
    std::int32_t node_id = 0;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;

    template <class V>
    static void describe(V& v) {
      v.field(&Broker::node_id, since(0));
      v.field(&Broker::host, since(0));
      v.field(&Broker::port, since(0));
      v.field(&Broker::rack, since(1).nullable_since(1));
    }
  };

  struct Partition {
    ErrorCode error_code = ErrorCode::kNone;
    PartitionId partition_index;
    std::int32_t leader_id = 0;
    LeaderEpoch leader_epoch{-1};
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::vector<std::int32_t> offline_replicas;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::leader_id, since(0));
      v.field(&Partition::leader_epoch, since(7));
      v.field(&Partition::replica_nodes, since(0));
      v.field(&Partition::isr_nodes, since(0));
      v.field(&Partition::offline_replicas, since(5));
    }
  };

  struct Topic {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    std::int32_t topic_authorized_operations = kAuthorizedOperationsUnknown;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::error_code, since(0));
      v.field(&Topic::name, since(0).nullable_since(12));
      v.field(&Topic::topic_id, since(10));
      v.field(&Topic::is_internal, since(1));
      v.field(&Topic::partitions, since(0));
      v.field(&Topic::topic_authorized_operations, since(8));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string_view> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<Topic> topics;
  std::int32_t cluster_authorized_operations = kAuthorizedOperationsUnknown;

  template <class V>
  static void describe(V& v) {
    v.field(&MetadataResponse::throttle_time_ms, since(3));
    v.field(&MetadataResponse::brokers, since(0));
    v.field(&MetadataResponse::cluster_id, since(2).nullable_since(2));
    v.field(&MetadataResponse::controller_id, since(1));
    v.field(&MetadataResponse::topics, since(0));
    v.field(&MetadataResponse::cluster_authorized_operations, between(8, 10));
  }
};

}  // namespace antiphon::kafka::wire
