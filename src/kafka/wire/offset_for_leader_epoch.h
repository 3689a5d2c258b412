// OffsetForLeaderEpoch (23), versions 0-4: where an epoch ended (KIP-101, KIP-320).
//
// 1: the epoch in the response. 2: current leader epoch, throttle time. 3: replica_id, -2 for "no follower"
// (KIP-392). 4: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct OffsetForLeaderEpochRequest {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetForLeaderEpoch;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Partition {
    PartitionId partition;
    LeaderEpoch current_leader_epoch{-1};
    LeaderEpoch leader_epoch;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition, since(0));
      v.field(&Partition::current_leader_epoch, since(2));
      v.field(&Partition::leader_epoch, since(0));
    }
  };

  struct Topic {
    std::string_view topic;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::int32_t replica_id = -2;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetForLeaderEpochRequest::replica_id, since(3));
    v.field(&OffsetForLeaderEpochRequest::topics, since(0));
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetForLeaderEpoch;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Partition {
    ErrorCode error_code = ErrorCode::kNone;
    PartitionId partition;
    LeaderEpoch leader_epoch{-1};
    Offset end_offset{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::partition, since(0));
      v.field(&Partition::leader_epoch, since(1));
      v.field(&Partition::end_offset, since(0));
    }
  };

  struct Topic {
    std::string_view topic;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetForLeaderEpochResponse::throttle_time_ms, since(2));
    v.field(&OffsetForLeaderEpochResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
