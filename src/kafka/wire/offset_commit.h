// OffsetCommit (8), versions 0-9: stores the positions of a group.
//
// 0 went to ZooKeeper in Kafka; here it is a commit without generation. 1: generation and member, a timestamp for
// each partition (that version only). 2-4: retention time. 3: throttle time. 6: leader epoch (KIP-320). 7: static
// membership (KIP-345). 8: flexible. 9: the generation may be a member epoch (KIP-848).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"
#include "kafka/wire/partition_errors.h"

namespace antiphon::kafka::wire {

struct OffsetCommitRequest {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetCommit;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 8;

  struct Partition {
    PartitionId partition_index;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch{-1};
    std::int64_t commit_timestamp = -1;
    std::optional<std::string_view> committed_metadata;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::committed_offset, since(0));
      v.field(&Partition::committed_leader_epoch, since(6));
      v.field(&Partition::commit_timestamp, between(1, 1));
      v.field(&Partition::committed_metadata, since(0).nullable_since(0));
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

  std::string_view group_id;
  GenerationId generation_id_or_member_epoch{-1};
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::int64_t retention_time_ms = -1;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetCommitRequest::group_id, since(0));
    v.field(&OffsetCommitRequest::generation_id_or_member_epoch, since(1));
    v.field(&OffsetCommitRequest::member_id, since(1));
    v.field(&OffsetCommitRequest::group_instance_id, since(7).nullable_since(7));
    v.field(&OffsetCommitRequest::retention_time_ms, between(2, 4));
    v.field(&OffsetCommitRequest::topics, since(0));
  }
};

struct OffsetCommitResponse {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetCommit;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 8;

  using Partition = PartitionError;
  using Topic = TopicErrors;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetCommitResponse::throttle_time_ms, since(3));
    v.field(&OffsetCommitResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
