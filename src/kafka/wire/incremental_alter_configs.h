// IncrementalAlterConfigs (44), versions 0-1: changes single settings (KIP-339).
//
// config_operation: 0 set, 1 delete, 2 append, 3 subtract. 1: flexible.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/alter_configs.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct IncrementalAlterConfigsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kIncrementalAlterConfigs;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  struct Config {
    std::string_view name;
    std::int8_t config_operation = 0;
    std::optional<std::string_view> value;

    template <class V>
    static void describe(V& v) {
      v.field(&Config::name, since(0));
      v.field(&Config::config_operation, since(0));
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
    v.field(&IncrementalAlterConfigsRequest::resources, since(0));
    v.field(&IncrementalAlterConfigsRequest::validate_only, since(0));
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kIncrementalAlterConfigs;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  using ResourceResponse = AlterConfigsResponse::ResourceResponse;

  std::int32_t throttle_time_ms = 0;
  std::vector<ResourceResponse> responses;

  template <class V>
  static void describe(V& v) {
    v.field(&IncrementalAlterConfigsResponse::throttle_time_ms, since(0));
    v.field(&IncrementalAlterConfigsResponse::responses, since(0));
  }
};

}  // namespace antiphon::kafka::wire
