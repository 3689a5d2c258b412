// DescribeQuorum (55), versions 0-2: who votes on the metadata of a KRaft cluster (KIP-595). Flexible. 1: when a
// replica last fetched (KIP-836). 2: directories of voters, addresses of controllers (KIP-853).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeQuorumRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeQuorum;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Partition {
    PartitionId partition_index;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
    }
  };

  struct Topic {
    std::string_view topic_name;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic_name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeQuorumRequest::topics, since(0));
  }
};

struct DescribeQuorumResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeQuorum;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct ReplicaState {
    std::int32_t replica_id = 0;
    Uuid replica_directory_id;
    std::int64_t log_end_offset = 0;
    std::int64_t last_fetch_timestamp = -1;
    std::int64_t last_caught_up_timestamp = -1;

    template <class V>
    static void describe(V& v) {
      v.field(&ReplicaState::replica_id, since(0));
      v.field(&ReplicaState::replica_directory_id, since(2));
      v.field(&ReplicaState::log_end_offset, since(0));
      v.field(&ReplicaState::last_fetch_timestamp, since(1));
      v.field(&ReplicaState::last_caught_up_timestamp, since(1));
    }
  };

  struct Partition {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::int64_t high_watermark = 0;
    std::vector<ReplicaState> current_voters;
    std::vector<ReplicaState> observers;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::error_message, since(2).nullable_since(2));
      v.field(&Partition::leader_id, since(0));
      v.field(&Partition::leader_epoch, since(0));
      v.field(&Partition::high_watermark, since(0));
      v.field(&Partition::current_voters, since(0));
      v.field(&Partition::observers, since(0));
    }
  };

  struct Topic {
    std::string_view topic_name;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic_name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct Listener {
    std::string_view name;
    std::string_view host;
    std::uint16_t port = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Listener::name, since(2));
      v.field(&Listener::host, since(2));
      v.field(&Listener::port, since(2));
    }
  };

  struct Node {
    std::int32_t node_id = 0;
    std::vector<Listener> listeners;

    template <class V>
    static void describe(V& v) {
      v.field(&Node::node_id, since(2));
      v.field(&Node::listeners, since(2));
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::vector<Topic> topics;
  std::vector<Node> nodes;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeQuorumResponse::error_code, since(0));
    v.field(&DescribeQuorumResponse::error_message, since(2).nullable_since(2));
    v.field(&DescribeQuorumResponse::topics, since(0));
    v.field(&DescribeQuorumResponse::nodes, since(2));
  }
};

}  // namespace antiphon::kafka::wire
