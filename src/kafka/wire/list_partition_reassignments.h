// ListPartitionReassignments (46), version 0: reassignments under way (KIP-455). Flexible. Null topics: all.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ListPartitionReassignmentsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kListPartitionReassignments;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partition_indexes;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partition_indexes, since(0));
    }
  };

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<Topic>> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&ListPartitionReassignmentsRequest::timeout_ms, since(0));
    v.field(&ListPartitionReassignmentsRequest::topics, since(0).nullable_since(0));
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kListPartitionReassignments;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Partition {
    PartitionId partition_index;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> adding_replicas;
    std::vector<std::int32_t> removing_replicas;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::replicas, since(0));
      v.field(&Partition::adding_replicas, since(0));
      v.field(&Partition::removing_replicas, since(0));
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

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&ListPartitionReassignmentsResponse::throttle_time_ms, since(0));
    v.field(&ListPartitionReassignmentsResponse::error_code, since(0));
    v.field(&ListPartitionReassignmentsResponse::error_message, since(0).nullable_since(0));
    v.field(&ListPartitionReassignmentsResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
