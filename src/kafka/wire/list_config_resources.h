// ListConfigResources (74), versions 0-1: the names of resources that have settings (KIP-714: client metrics; 1: any
// type, KIP-1142). Flexible.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ListConfigResourcesRequest {
  static constexpr ApiKey kApiKey = ApiKey::kListConfigResources;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  std::vector<std::int8_t> resource_types;

  template <class V>
  static void describe(V& v) {
    v.field(&ListConfigResourcesRequest::resource_types, since(1));
  }
};

struct ListConfigResourcesResponse {
  static constexpr ApiKey kApiKey = ApiKey::kListConfigResources;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Resource {
    std::string_view resource_name;
    std::int8_t resource_type = 16;

    template <class V>
    static void describe(V& v) {
      v.field(&Resource::resource_name, since(0));
      v.field(&Resource::resource_type, since(1));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Resource> config_resources;

  template <class V>
  static void describe(V& v) {
    v.field(&ListConfigResourcesResponse::throttle_time_ms, since(0));
    v.field(&ListConfigResourcesResponse::error_code, since(0));
    v.field(&ListConfigResourcesResponse::config_resources, since(0));
  }
};

}  // namespace antiphon::kafka::wire
