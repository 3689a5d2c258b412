// CreateAcls (30), versions 1-3: adds access rules (KIP-140, pattern types KIP-290). 2: flexible. 3: resource type
// user.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct CreateAclsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kCreateAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Creation {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t resource_pattern_type = 3;
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Creation::resource_type, since(0));
      v.field(&Creation::resource_name, since(0));
      v.field(&Creation::resource_pattern_type, since(1));
      v.field(&Creation::principal, since(0));
      v.field(&Creation::host, since(0));
      v.field(&Creation::operation, since(0));
      v.field(&Creation::permission_type, since(0));
    }
  };

  std::vector<Creation> creations;

  template <class V>
  static void describe(V& v) {
    v.field(&CreateAclsRequest::creations, since(0));
  }
};

struct CreateAclsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kCreateAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Result {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&Result::error_code, since(0));
      v.field(&Result::error_message, since(0).nullable_since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;

  template <class V>
  static void describe(V& v) {
    v.field(&CreateAclsResponse::throttle_time_ms, since(0));
    v.field(&CreateAclsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
