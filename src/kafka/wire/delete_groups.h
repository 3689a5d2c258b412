// DeleteGroups (42), versions 0-2: removes groups without members (KIP-229).
//
// 2: flexible.
#pragma once

#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DeleteGroupsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteGroups;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  std::vector<std::string_view> groups_names;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteGroupsRequest::groups_names, since(0));
  }
};

struct DeleteGroupsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteGroups;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct GroupResult {
    std::string_view group_id;
    ErrorCode error_code = ErrorCode::kNone;

    template <class V>
    static void describe(V& v) {
      v.field(&GroupResult::group_id, since(0));
      v.field(&GroupResult::error_code, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<GroupResult> results;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteGroupsResponse::throttle_time_ms, since(0));
    v.field(&DeleteGroupsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
