// ListGroups (16), versions 0-5: the groups that this broker coordinates.
//
// 1: throttle time. 3: flexible. 4: filter by state (KIP-518). 5: filter by type (KIP-848).
#pragma once

#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ListGroupsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kListGroups;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::vector<std::string_view> states_filter;
  std::vector<std::string_view> types_filter;

  template <class V>
  static void describe(V& v) {
    v.field(&ListGroupsRequest::states_filter, since(4));
    v.field(&ListGroupsRequest::types_filter, since(5));
  }
};

struct ListGroupsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kListGroups;
  static constexpr VersionRange kVersions{0, 5};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct Group {
    std::string_view group_id;
    std::string_view protocol_type;
    std::string_view group_state;
    std::string_view group_type;

    template <class V>
    static void describe(V& v) {
      v.field(&Group::group_id, since(0));
      v.field(&Group::protocol_type, since(0));
      v.field(&Group::group_state, since(4));
      v.field(&Group::group_type, since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Group> groups;

  template <class V>
  static void describe(V& v) {
    v.field(&ListGroupsResponse::throttle_time_ms, since(1));
    v.field(&ListGroupsResponse::error_code, since(0));
    v.field(&ListGroupsResponse::groups, since(0));
  }
};

}  // namespace antiphon::kafka::wire
