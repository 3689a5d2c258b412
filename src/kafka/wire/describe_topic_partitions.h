// DescribeTopicPartitions (75), version 0: topics and their partitions, page by page (KIP-966). Flexible.
//
// next_cursor null: that was all.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeTopicPartitionsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeTopicPartitions;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Topic {
    std::string_view name;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
    }
  };

  struct Cursor {
    std::string_view topic_name;
    PartitionId partition_index;

    template <class V>
    static void describe(V& v) {
      v.field(&Cursor::topic_name, since(0));
      v.field(&Cursor::partition_index, since(0));
    }
  };

  std::vector<Topic> topics;
  std::int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeTopicPartitionsRequest::topics, since(0));
    v.field(&DescribeTopicPartitionsRequest::response_partition_limit, since(0));
    v.field(&DescribeTopicPartitionsRequest::cursor, since(0).nullable_since(0));
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeTopicPartitions;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Partition {
    ErrorCode error_code = ErrorCode::kNone;
    PartitionId partition_index;
    std::int32_t leader_id = 0;
    LeaderEpoch leader_epoch{-1};
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
    std::optional<std::vector<std::int32_t>> last_known_elr;
    std::vector<std::int32_t> offline_replicas;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::leader_id, since(0));
      v.field(&Partition::leader_epoch, since(0));
      v.field(&Partition::replica_nodes, since(0));
      v.field(&Partition::isr_nodes, since(0));
      v.field(&Partition::eligible_leader_replicas, since(0).nullable_since(0));
      v.field(&Partition::last_known_elr, since(0).nullable_since(0));
      v.field(&Partition::offline_replicas, since(0));
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
      v.field(&Topic::name, since(0).nullable_since(0));
      v.field(&Topic::topic_id, since(0));
      v.field(&Topic::is_internal, since(0));
      v.field(&Topic::partitions, since(0));
      v.field(&Topic::topic_authorized_operations, since(0));
    }
  };

  struct Cursor {
    std::string_view topic_name;
    PartitionId partition_index;

    template <class V>
    static void describe(V& v) {
      v.field(&Cursor::topic_name, since(0));
      v.field(&Cursor::partition_index, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  std::optional<Cursor> next_cursor;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeTopicPartitionsResponse::throttle_time_ms, since(0));
    v.field(&DescribeTopicPartitionsResponse::topics, since(0));
    v.field(&DescribeTopicPartitionsResponse::next_cursor, since(0).nullable_since(0));
  }
};

}  // namespace antiphon::kafka::wire
