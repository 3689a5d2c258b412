// TxnOffsetCommit (28), versions 0-4: commits offsets inside a transaction (KIP-98).
//
// 2: leader epoch. 3: flexible, member and generation (KIP-447). 4: no new field (KIP-890 part 1). 5 is left out: it
// promises an implicit AddOffsetsToTxn (KIP-890 part 2).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"
#include "kafka/wire/partition_errors.h"

namespace antiphon::kafka::wire {

struct TxnOffsetCommitRequest {
  static constexpr ApiKey kApiKey = ApiKey::kTxnOffsetCommit;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct Partition {
    PartitionId partition_index;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<std::string_view> committed_metadata;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::committed_offset, since(0));
      v.field(&Partition::committed_leader_epoch, since(2));
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

  std::string_view transactional_id;
  std::string_view group_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  GenerationId generation_id{-1};
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&TxnOffsetCommitRequest::transactional_id, since(0));
    v.field(&TxnOffsetCommitRequest::group_id, since(0));
    v.field(&TxnOffsetCommitRequest::producer_id, since(0));
    v.field(&TxnOffsetCommitRequest::producer_epoch, since(0));
    v.field(&TxnOffsetCommitRequest::generation_id, since(3));
    v.field(&TxnOffsetCommitRequest::member_id, since(3));
    v.field(&TxnOffsetCommitRequest::group_instance_id, since(3).nullable_since(3));
    v.field(&TxnOffsetCommitRequest::topics, since(0));
  }
};

struct TxnOffsetCommitResponse {
  static constexpr ApiKey kApiKey = ApiKey::kTxnOffsetCommit;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  using Partition = PartitionError;
  using Topic = TopicErrors;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&TxnOffsetCommitResponse::throttle_time_ms, since(0));
    v.field(&TxnOffsetCommitResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
