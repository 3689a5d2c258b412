// AlterConfigs (33), versions 0-2: replaces the settings of topics and brokers (KIP-133).
//
// What is not named goes back to its default. 2: flexible. IncrementalAlterConfigs came after it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AlterConfigsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAlterConfigs;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;

    template <class V>
    static void describe(V& v) {
      v.field(&Config::name, since(0));
      v.field(&Config::value, since(0).nullable_since(0));
    }
  };

  struct Resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::vector<Config> configs;

    template <class V>
    static void describe(V& v) {
      v.field(&Resource::resource_type, since(0));
      v.field(&Resource::resource_name, since(0));
      v.field(&Resource::configs, since(0));
    }
  };

  std::vector<Resource> resources;
  bool validate_only = false;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterConfigsRequest::resources, since(0));
    v.field(&AlterConfigsRequest::validate_only, since(0));
  }
};

struct AlterConfigsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAlterConfigs;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct ResourceResponse {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::int8_t resource_type = 0;
    std::string_view resource_name;

    template <class V>
    static void describe(V& v) {
      v.field(&ResourceResponse::error_code, since(0));
      v.field(&ResourceResponse::error_message, since(0).nullable_since(0));
      v.field(&ResourceResponse::resource_type, since(0));
      v.field(&ResourceResponse::resource_name, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<ResourceResponse> responses;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterConfigsResponse::throttle_time_ms, since(0));
    v.field(&AlterConfigsResponse::responses, since(0));
  }
};

}  // namespace antiphon::kafka::wire
