// DeleteAcls (31), versions 1-3: removes the access rules that filters take (KIP-140, pattern types KIP-290). 2:
// flexible. 3: resource type user.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DeleteAclsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Filter {
    std::int8_t resource_type_filter = 0;
    std::optional<std::string_view> resource_name_filter;
    std::int8_t pattern_type_filter = 3;
    std::optional<std::string_view> principal_filter;
    std::optional<std::string_view> host_filter;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Filter::resource_type_filter, since(0));
      v.field(&Filter::resource_name_filter, since(0).nullable_since(0));
      v.field(&Filter::pattern_type_filter, since(1));
      v.field(&Filter::principal_filter, since(0).nullable_since(0));
      v.field(&Filter::host_filter, since(0).nullable_since(0));
      v.field(&Filter::operation, since(0));
      v.field(&Filter::permission_type, since(0));
    }
  };

  std::vector<Filter> filters;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteAclsRequest::filters, since(0));
  }
};

struct DeleteAclsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteAcls;
  static constexpr VersionRange kVersions{1, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct MatchingAcl {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t pattern_type = 3;
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&MatchingAcl::error_code, since(0));
      v.field(&MatchingAcl::error_message, since(0).nullable_since(0));
      v.field(&MatchingAcl::resource_type, since(0));
      v.field(&MatchingAcl::resource_name, since(0));
      v.field(&MatchingAcl::pattern_type, since(1));
      v.field(&MatchingAcl::principal, since(0));
      v.field(&MatchingAcl::host, since(0));
      v.field(&MatchingAcl::operation, since(0));
      v.field(&MatchingAcl::permission_type, since(0));
    }
  };

  struct FilterResult {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::vector<MatchingAcl> matching_acls;

    template <class V>
    static void describe(V& v) {
      v.field(&FilterResult::error_code, since(0));
      v.field(&FilterResult::error_message, since(0).nullable_since(0));
      v.field(&FilterResult::matching_acls, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<FilterResult> filter_results;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteAclsResponse::throttle_time_ms, since(0));
    v.field(&DeleteAclsResponse::filter_results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
