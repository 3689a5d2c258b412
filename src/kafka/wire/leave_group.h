// LeaveGroup (13), versions 0-5: members leave without waiting for a timeout.
//
// 1: throttle time. 3: many members at once (KIP-345). 4: flexible. 5: reason (KIP-800).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct LeaveGroupRequest {
  static constexpr ApiKey kApiKey = ApiKey::kLeaveGroup;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::optional<std::string_view> reason;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(3));
      v.field(&Member::group_instance_id, since(3).nullable_since(3));
      v.field(&Member::reason, since(5).nullable_since(5));
    }
  };

  std::string_view group_id;
  std::string_view member_id;
  std::vector<Member> members;

  template <class V>
  static void describe(V& v) {
    v.field(&LeaveGroupRequest::group_id, since(0));
    v.field(&LeaveGroupRequest::member_id, between(0, 2));
    v.field(&LeaveGroupRequest::members, since(3));
  }
};

struct LeaveGroupResponse {
  static constexpr ApiKey kApiKey = ApiKey::kLeaveGroup;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(3));
      v.field(&Member::group_instance_id, since(3).nullable_since(3));
      v.field(&Member::error_code, since(3));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Member> members;

  template <class V>
  static void describe(V& v) {
    v.field(&LeaveGroupResponse::throttle_time_ms, since(1));
    v.field(&LeaveGroupResponse::error_code, since(0));
    v.field(&LeaveGroupResponse::members, since(3));
  }
};

}  // namespace antiphon::kafka::wire
