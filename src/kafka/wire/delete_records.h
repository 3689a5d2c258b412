// DeleteRecords (21), versions 0-2: moves the start of a partition's log (KIP-107).
//
// An offset of -1 means the high watermark. 2: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DeleteRecordsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteRecords;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Partition {
    PartitionId partition_index;
    Offset offset;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::offset, since(0));
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

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteRecordsRequest::topics, since(0));
    v.field(&DeleteRecordsRequest::timeout_ms, since(0));
  }
};

struct DeleteRecordsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteRecords;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Partition {
    PartitionId partition_index;
    Offset low_watermark;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&Partition::partition_index, since(0));
      v.field(&Partition::low_watermark, since(0));
      v.field(&Partition::error_code, since(0));
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
    v.field(&DeleteRecordsResponse::throttle_time_ms, since(0));
    v.field(&DeleteRecordsResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
