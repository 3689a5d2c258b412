// DescribeGroups (15), versions 0-5: state and members of groups.
//
// 1: throttle time. 3: authorized operations (KIP-430). 4: static membership (KIP-345). 5: flexible. 6
// (GROUP_ID_NOT_FOUND, KIP-1043) is left out: it came after Kafka 3.9.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeGroupsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeGroups;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 5;

  std::vector<std::string_view> groups;
  bool include_authorized_operations = false;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeGroupsRequest::groups, since(0));
    v.field(&DescribeGroupsRequest::include_authorized_operations, since(3));
  }
};

struct DescribeGroupsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeGroups;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 5;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::string_view client_id;
    std::string_view client_host;
    ByteView member_metadata;
    ByteView member_assignment;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(0));
      v.field(&Member::group_instance_id, since(4).nullable_since(4));
      v.field(&Member::client_id, since(0));
      v.field(&Member::client_host, since(0));
      v.field(&Member::member_metadata, since(0));
      v.field(&Member::member_assignment, since(0));
    }
  };

  struct Group {
    ErrorCode error_code = ErrorCode::kNone;
    std::string_view group_id;
    std::string_view group_state;
    std::string_view protocol_type;
    std::string_view protocol_data;
    std::vector<Member> members;
    std::int32_t authorized_operations = kAuthorizedOperationsUnknown;

    template <class V>
    static void describe(V& v) {
      v.field(&Group::error_code, since(0));
      v.field(&Group::group_id, since(0));
      v.field(&Group::group_state, since(0));
      v.field(&Group::protocol_type, since(0));
      v.field(&Group::protocol_data, since(0));
      v.field(&Group::members, since(0));
      v.field(&Group::authorized_operations, since(3));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeGroupsResponse::throttle_time_ms, since(1));
    v.field(&DescribeGroupsResponse::groups, since(0));
  }
};

}  // namespace antiphon::kafka::wire
