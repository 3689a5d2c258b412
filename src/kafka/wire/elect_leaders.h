// ElectLeaders (43), versions 0-2: elects preferred leaders (KIP-183).
//
// Null partitions mean all. 1: election_type 0 preferred, 1 unclean (KIP-460). 2: flexible.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ElectLeadersRequest {
  static constexpr ApiKey kApiKey = ApiKey::kElectLeaders;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct TopicPartitions {
    std::string_view topic;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicPartitions::topic, since(0));
      v.field(&TopicPartitions::partitions, since(0));
    }
  };

  std::int8_t election_type = 0;
  std::optional<std::vector<TopicPartitions>> topic_partitions;
  std::int32_t timeout_ms = 60000;

  template <class V>
  static void describe(V& v) {
    v.field(&ElectLeadersRequest::election_type, since(1));
    v.field(&ElectLeadersRequest::topic_partitions, since(0).nullable_since(0));
    v.field(&ElectLeadersRequest::timeout_ms, since(0));
  }
};

struct ElectLeadersResponse {
  static constexpr ApiKey kApiKey = ApiKey::kElectLeaders;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct PartitionResult {
    PartitionId partition_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&PartitionResult::partition_id, since(0));
      v.field(&PartitionResult::error_code, since(0));
      v.field(&PartitionResult::error_message, since(0).nullable_since(0));
    }
  };

  struct ReplicaElectionResult {
    std::string_view topic;
    std::vector<PartitionResult> partition_result;

    template <class V>
    static void describe(V& v) {
      v.field(&ReplicaElectionResult::topic, since(0));
      v.field(&ReplicaElectionResult::partition_result, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ReplicaElectionResult> replica_election_results;

  template <class V>
  static void describe(V& v) {
    v.field(&ElectLeadersResponse::throttle_time_ms, since(0));
    v.field(&ElectLeadersResponse::error_code, since(1));
    v.field(&ElectLeadersResponse::replica_election_results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
