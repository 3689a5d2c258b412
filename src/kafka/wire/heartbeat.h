// Heartbeat (12), versions 0-4: a member is alive.
//
// 1: throttle time. 3: static membership (KIP-345). 4: flexible.
#pragma once

#include <optional>
#include <string_view>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct HeartbeatRequest {
  static constexpr ApiKey kApiKey = ApiKey::kHeartbeat;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  std::string_view group_id;
  GenerationId generation_id;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;

  template <class V>
  static void describe(V& v) {
    v.field(&HeartbeatRequest::group_id, since(0));
    v.field(&HeartbeatRequest::generation_id, since(0));
    v.field(&HeartbeatRequest::member_id, since(0));
    v.field(&HeartbeatRequest::group_instance_id, since(3).nullable_since(3));
  }
};

struct HeartbeatResponse {
  static constexpr ApiKey kApiKey = ApiKey::kHeartbeat;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  template <class V>
  static void describe(V& v) {
    v.field(&HeartbeatResponse::throttle_time_ms, since(1));
    v.field(&HeartbeatResponse::error_code, since(0));
  }
};

}  // namespace antiphon::kafka::wire
