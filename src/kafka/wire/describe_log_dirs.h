// DescribeLogDirs (35), versions 0-4: sizes of partitions on disk (KIP-113).
//
// Null topics mean all. 2: flexible. 3: error of the request as a whole. 4: size of the volume (KIP-827).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeLogDirsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeLogDirs;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Topic {
    std::string_view topic;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::topic, since(0));
      v.field(&Topic::partitions, since(0));
    }
  };

  std::optional<std::vector<Topic>> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeLogDirsRequest::topics, since(0).nullable_since(0));
  }
};

struct DescribeLogDirsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeLogDirs;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Partition {
    PartitionId partition_index;
    std::int64_t partition_size = 0;
    std::int64_t offset_lag = 0;
    bool is_future_key = false;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::partition_size, since(0));
      v.field(&Partition::offset_lag, since(0));
      v.field(&Partition::is_future_key, since(0));
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

  struct LogDirResult {
    ErrorCode error_code = ErrorCode::kNone;
    std::string_view log_dir;
    std::vector<Topic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;

    template <class V>
    static void describe(V& v) {
      v.field(&LogDirResult::error_code, since(0));
      v.field(&LogDirResult::log_dir, since(0));
      v.field(&LogDirResult::topics, since(0));
      v.field(&LogDirResult::total_bytes, since(4));
      v.field(&LogDirResult::usable_bytes, since(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<LogDirResult> results;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeLogDirsResponse::throttle_time_ms, since(0));
    v.field(&DescribeLogDirsResponse::error_code, since(3));
    v.field(&DescribeLogDirsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
