// JoinGroup (11), versions 0-9: a member asks to join a rebalance.
//
// 0 has no rebalance timeout: the session timeout takes its place. 2: throttle time. 4: a new member gets its id
// with MEMBER_ID_REQUIRED first (KIP-394). 5: static membership (KIP-345). 6: flexible. 7: protocol type in the
// response; a failure has a null protocol name. 8: reason (KIP-800). 9: skip_assignment (KIP-814).
// The protocols' metadata are the members' own affair.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct JoinGroupRequest {
  static constexpr ApiKey kApiKey = ApiKey::kJoinGroup;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Protocol {
    std::string_view name;
    ByteView metadata;

    template <class V>
    static void describe(V& v) {
      v.field(&Protocol::name, since(0));
      v.field(&Protocol::metadata, since(0));
    }
  };

  std::string_view group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::string_view protocol_type;
  std::vector<Protocol> protocols;
  std::optional<std::string_view> reason;

  template <class V>
  static void describe(V& v) {
    v.field(&JoinGroupRequest::group_id, since(0));
    v.field(&JoinGroupRequest::session_timeout_ms, since(0));
    v.field(&JoinGroupRequest::rebalance_timeout_ms, since(1));
    v.field(&JoinGroupRequest::member_id, since(0));
    v.field(&JoinGroupRequest::group_instance_id, since(5).nullable_since(5));
    v.field(&JoinGroupRequest::protocol_type, since(0));
    v.field(&JoinGroupRequest::protocols, since(0));
    v.field(&JoinGroupRequest::reason, since(8).nullable_since(8));
  }
};

struct JoinGroupResponse {
  static constexpr ApiKey kApiKey = ApiKey::kJoinGroup;
  static constexpr VersionRange kVersions{0, 9};
  static constexpr ApiVersion kFlexibleFrom = 6;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    ByteView metadata;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(0));
      v.field(&Member::group_instance_id, since(5).nullable_since(5));
      v.field(&Member::metadata, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  GenerationId generation_id{-1};
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  std::string_view leader;
  bool skip_assignment = false;
  std::string_view member_id;
  std::vector<Member> members;

  template <class V>
  static void describe(V& v) {
    v.field(&JoinGroupResponse::throttle_time_ms, since(2));
    v.field(&JoinGroupResponse::error_code, since(0));
    v.field(&JoinGroupResponse::generation_id, since(0));
    v.field(&JoinGroupResponse::protocol_type, since(7).nullable_since(7));
    v.field(&JoinGroupResponse::protocol_name, since(0).nullable_since(7));
    v.field(&JoinGroupResponse::leader, since(0));
    v.field(&JoinGroupResponse::skip_assignment, since(9));
    v.field(&JoinGroupResponse::member_id, since(0));
    v.field(&JoinGroupResponse::members, since(0));
  }
};

}  // namespace antiphon::kafka::wire
