// AlterReplicaLogDirs (34), versions 1-2: moves replicas to another folder of their broker (KIP-113). 2: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AlterReplicaLogDirsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAlterReplicaLogDirs;
  static constexpr VersionRange kVersions{1, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Topic {
    std::string_view name;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  struct Directory {
    std::string_view path;
    std::vector<Topic> topics;

    template <class V>
    static void describe(V& v) {
      v.field(&Directory::path, since(0));
      v.field(&Directory::topics, since(0));
    }
  };

  std::vector<Directory> dirs;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterReplicaLogDirsRequest::dirs, since(0));
  }
};

struct AlterReplicaLogDirsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAlterReplicaLogDirs;
  static constexpr VersionRange kVersions{1, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct PartitionResult {
    PartitionId partition_index;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&PartitionResult::partition_index, since(0));
      v.field(&PartitionResult::error_code, since(0));
    }
  };

  struct TopicResult {
    std::string_view topic_name;
    std::vector<PartitionResult> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicResult::topic_name, since(0));
      v.field(&TopicResult::partitions, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TopicResult> results;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterReplicaLogDirsResponse::throttle_time_ms, since(0));
    v.field(&AlterReplicaLogDirsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
