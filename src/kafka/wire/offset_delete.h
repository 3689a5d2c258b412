// OffsetDelete (47), version 0: removes committed offsets of topics that no member reads (KIP-496). Never flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"
#include "kafka/wire/partition_errors.h"

namespace antiphon::kafka::wire {

struct OffsetDeleteRequest {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetDelete;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  struct Partition {
    PartitionId partition_index;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
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
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetDeleteRequest::group_id, since(0));
    v.field(&OffsetDeleteRequest::topics, since(0));
  }
};

struct OffsetDeleteResponse {
  static constexpr ApiKey kApiKey = ApiKey::kOffsetDelete;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  using Partition = PartitionError;
  using Topic = TopicErrors;

  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&OffsetDeleteResponse::error_code, since(0));
    v.field(&OffsetDeleteResponse::throttle_time_ms, since(0));
    v.field(&OffsetDeleteResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
