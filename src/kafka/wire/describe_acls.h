// DescribeAcls (29), versions 1-3: the access rules that a filter takes (KIP-140, pattern types KIP-290). 2: flexible.
// 3: resource type user.
//
// A null name, principal or host takes any.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeAclsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  std::int8_t resource_type_filter = 0;
  std::optional<std::string_view> resource_name_filter;
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string_view> principal_filter;
  std::optional<std::string_view> host_filter;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeAclsRequest::resource_type_filter, since(0));
    v.field(&DescribeAclsRequest::resource_name_filter, since(0).nullable_since(0));
    v.field(&DescribeAclsRequest::pattern_type_filter, since(1));
    v.field(&DescribeAclsRequest::principal_filter, since(0).nullable_since(0));
    v.field(&DescribeAclsRequest::host_filter, since(0).nullable_since(0));
    v.field(&DescribeAclsRequest::operation, since(0));
    v.field(&DescribeAclsRequest::permission_type, since(0));
  }
};

struct DescribeAclsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Acl {
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Acl::principal, since(0));
      v.field(&Acl::host, since(0));
      v.field(&Acl::operation, since(0));
      v.field(&Acl::permission_type, since(0));
    }
  };

  struct Resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t pattern_type = 3;
    std::vector<Acl> acls;

    template <class V>
    static void describe(V& v) {
      v.field(&Resource::resource_type, since(0));
      v.field(&Resource::resource_name, since(0));
      v.field(&Resource::pattern_type, since(1));
      v.field(&Resource::acls, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::vector<Resource> resources;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeAclsResponse::throttle_time_ms, since(0));
    v.field(&DescribeAclsResponse::error_code, since(0));
    v.field(&DescribeAclsResponse::error_message, since(0).nullable_since(0));
    v.field(&DescribeAclsResponse::resources, since(0));
  }
};

}  // namespace antiphon::kafka::wire
