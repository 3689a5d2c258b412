// ListOffsets (2), versions 0-9: offset at a time, or at an end of the log.
//
// timestamp: -1 latest, -2 earliest, -3 the record with the largest timestamp (7, KIP-734), -4 earliest local (8,
// KIP-405), -5 latest tiered (9, KIP-1005). 0: up to max_num_offsets segment starts in old_style_offsets. 1: one
// offset and its timestamp. 2: isolation level, throttle time. 4: leader epochs (KIP-320). 6: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ListOffsetsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kListOffsets;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Partition {
    PartitionId partition_index;
    LeaderEpoch current_leader_epoch{-1};
    std::int64_t timestamp = 0;
    std::int32_t max_num_offsets = 1;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::current_leader_epoch, since(4));
      v.field(&Partition::timestamp, since(0));
      v.field(&Partition::max_num_offsets, between(0, 0));
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

  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&ListOffsetsRequest::replica_id, since(0));
    v.field(&ListOffsetsRequest::isolation_level, since(2));
    v.field(&ListOffsetsRequest::topics, since(0));
  }
};

struct ListOffsetsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kListOffsets;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Partition {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;
    std::vector<Offset> old_style_offsets;
    std::int64_t timestamp = -1;
    Offset offset{-1};
    LeaderEpoch leader_epoch{-1};

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::error_code, since(0));
      v.field(&Partition::old_style_offsets, between(0, 0));
      v.field(&Partition::timestamp, since(1));
      v.field(&Partition::offset, since(1));
      v.field(&Partition::leader_epoch, since(4));
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
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&ListOffsetsResponse::throttle_time_ms, since(2));
    v.field(&ListOffsetsResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
