// AlterPartitionReassignments (45), versions 0-1: gives partitions other replicas (KIP-455). Flexible. 1: the
// replication factor may be forbidden to change (KIP-860).
//
// Null replicas cancel a reassignment that is under way.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AlterPartitionReassignmentsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAlterPartitionReassignments;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Partition {
    PartitionId partition_index;
    std::optional<std::vector<std::int32_t>> replicas;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::replicas, since(0).nullable_since(0));
    }
  };

  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterPartitionReassignmentsRequest::timeout_ms, since(0));
    v.field(&AlterPartitionReassignmentsRequest::allow_replication_factor_change, since(1));
    v.field(&AlterPartitionReassignmentsRequest::topics, since(0));
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAlterPartitionReassignments;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct PartitionResult {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&PartitionResult::partition_index, since(0));
      v.field(&PartitionResult::error_code, since(0));
      v.field(&PartitionResult::error_message, since(0).nullable_since(0));
    }
  };

  struct TopicResult {
    std::string_view name;
    std::vector<PartitionResult> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicResult::name, since(0));
      v.field(&TopicResult::partitions, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::vector<TopicResult> responses;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterPartitionReassignmentsResponse::throttle_time_ms, since(0));
    v.field(&AlterPartitionReassignmentsResponse::allow_replication_factor_change, since(1));
    v.field(&AlterPartitionReassignmentsResponse::error_code, since(0));
    v.field(&AlterPartitionReassignmentsResponse::error_message, since(0).nullable_since(0));
    v.field(&AlterPartitionReassignmentsResponse::responses, since(0));
  }
};

}  // namespace antiphon::kafka::wire
