// SyncGroup (14), versions 0-5: the leader hands in the assignment, every member gets its own.
//
// 1: throttle time. 3: static membership (KIP-345). 4: flexible. 5: protocol type and name (KIP-559).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct SyncGroupRequest {
  static constexpr ApiKey kApiKey = ApiKey::kSyncGroup;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Assignment {
    std::string_view member_id;
    ByteView assignment;

    template <class V>
    static void describe(V& v) {
      v.field(&Assignment::member_id, since(0));
      v.field(&Assignment::assignment, since(0));
    }
  };

  std::string_view group_id;
  GenerationId generation_id;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  std::vector<Assignment> assignments;

  template <class V>
  static void describe(V& v) {
    v.field(&SyncGroupRequest::group_id, since(0));
    v.field(&SyncGroupRequest::generation_id, since(0));
    v.field(&SyncGroupRequest::member_id, since(0));
    v.field(&SyncGroupRequest::group_instance_id, since(3).nullable_since(3));
    v.field(&SyncGroupRequest::protocol_type, since(5).nullable_since(5));
    v.field(&SyncGroupRequest::protocol_name, since(5).nullable_since(5));
    v.field(&SyncGroupRequest::assignments, since(0));
  }
};

struct SyncGroupResponse {
  static constexpr ApiKey kApiKey = ApiKey::kSyncGroup;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 4;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  ByteView assignment;

  template <class V>
  static void describe(V& v) {
    v.field(&SyncGroupResponse::throttle_time_ms, since(1));
    v.field(&SyncGroupResponse::error_code, since(0));
    v.field(&SyncGroupResponse::protocol_type, since(5).nullable_since(5));
    v.field(&SyncGroupResponse::protocol_name, since(5).nullable_since(5));
    v.field(&SyncGroupResponse::assignment, since(0));
  }
};

}  // namespace antiphon::kafka::wire
