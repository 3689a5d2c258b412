// OffsetFetch (9), versions 0-9: reads the positions of a group.
//
// 2: a null topic list means all; error of the group as a whole. 3: throttle time. 5: leader epoch. 6: flexible. 7:
// require_stable (KIP-447). 8: many groups at once (KIP-709), in groups. 9: member id and epoch (KIP-848).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct OffsetFetchRequest {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetFetch;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partition_indexes;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, between(0, 7));
      v.field(&Topic::partition_indexes, between(0, 7));
    }
  };

  struct GroupTopic {
    std::string_view name;
    std::vector<PartitionId> partition_indexes;

    template <class V>
    static void describe(V& v) {
      v.field(&GroupTopic::name, since(8));
      v.field(&GroupTopic::partition_indexes, since(8));
    }
  };

  struct Group {
    std::string_view group_id;
    std::optional<std::string_view> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<GroupTopic>> topics;

    template <class V>
    static void describe(V& v) {
      v.field(&Group::group_id, since(8));
      v.field(&Group::member_id, since(9).nullable_since(9));
      v.field(&Group::member_epoch, since(9));
      v.field(&Group::topics, since(8).nullable_since(8));
    }
  };

  std::string_view group_id;
  std::optional<std::vector<Topic>> topics;
  std::vector<Group> groups;
  bool require_stable = false;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetFetchRequest::group_id, between(0, 7));
    v.field(&OffsetFetchRequest::topics, between(0, 7).nullable_since(2));
    v.field(&OffsetFetchRequest::groups, since(8));
    v.field(&OffsetFetchRequest::require_stable, since(7));
  }
};

struct OffsetFetchResponse {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetFetch;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Partition {
    PartitionId partition_index;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<std::string_view> metadata;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, between(0, 7));
      v.field(&Partition::committed_offset, between(0, 7));
      v.field(&Partition::committed_leader_epoch, between(5, 7));
      v.field(&Partition::metadata, between(0, 7).nullable_since(0));
      v.field(&Partition::error_code, between(0, 7));
    }
  };

  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, between(0, 7));
      v.field(&Topic::partitions, between(0, 7));
    }
  };

  struct GroupPartition {
    PartitionId partition_index;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<std::string_view> metadata;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&GroupPartition::partition_index, since(8));
      v.field(&GroupPartition::committed_offset, since(8));
      v.field(&GroupPartition::committed_leader_epoch, since(8));
      v.field(&GroupPartition::metadata, since(8).nullable_since(8));
      v.field(&GroupPartition::error_code, since(8));
    }
  };

  struct GroupTopic {
    std::string_view name;
    std::vector<GroupPartition> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&GroupTopic::name, since(8));
      v.field(&GroupTopic::partitions, since(8));
    }
  };

  struct Group {
    std::string_view group_id;
    std::vector<GroupTopic> topics;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&Group::group_id, since(8));
      v.field(&Group::topics, since(8));
      v.field(&Group::error_code, since(8));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Group> groups;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetFetchResponse::throttle_time_ms, since(3));
    v.field(&OffsetFetchResponse::topics, between(0, 7));
    v.field(&OffsetFetchResponse::error_code, between(2, 7));
    v.field(&OffsetFetchResponse::groups, since(8));
  }
};

}  // namespace antiphon::kafka::wire
