// DescribeConfigs (32), versions 0-4: settings of topics and brokers (KIP-133).
//
// resource_type: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. A null configuration_keys means
// all. 1: synonyms, config_source in place of is_default (KIP-226). 3: types and documentation (KIP-569). 4:
// flexible.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeConfigsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeConfigs;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::optional<std::vector<std::string_view>> configuration_keys;

    template <class V>
    static void describe(V& v) {
      v.field(&Resource::resource_type, since(0));
      v.field(&Resource::resource_name, since(0));
      v.field(&Resource::configuration_keys, since(0).nullable_since(0));
    }
  };

  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeConfigsRequest::resources, since(0));
    v.field(&DescribeConfigsRequest::include_synonyms, since(1));
    v.field(&DescribeConfigsRequest::include_documentation, since(3));
  }
};

struct DescribeConfigsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeConfigs;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Synonym {
    std::string_view name;
    std::optional<std::string_view> value;
    std::int8_t source = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Synonym::name, since(1));
      v.field(&Synonym::value, since(1).nullable_since(0));
      v.field(&Synonym::source, since(1));
    }
  };

  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;
    bool read_only = false;
    bool is_default = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<Synonym> synonyms;
    std::int8_t config_type = 0;
    std::optional<std::string_view> documentation;

    template <class V>
    static void describe(V& v) {
      v.field(&Config::name, since(0));
      v.field(&Config::value, since(0).nullable_since(0));
      v.field(&Config::read_only, since(0));
      v.field(&Config::is_default, between(0, 0));
      v.field(&Config::config_source, since(1));
      v.field(&Config::is_sensitive, since(0));
      v.field(&Config::synonyms, since(1));
      v.field(&Config::config_type, since(3));
      v.field(&Config::documentation, since(3).nullable_since(0));
    }
  };

  struct ResourceResult {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::vector<Config> configs;

    template <class V>
    static void describe(V& v) {
      v.field(&ResourceResult::error_code, since(0));
      v.field(&ResourceResult::error_message, since(0).nullable_since(0));
      v.field(&ResourceResult::resource_type, since(0));
      v.field(&ResourceResult::resource_name, since(0));
      v.field(&ResourceResult::configs, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<ResourceResult> results;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeConfigsResponse::throttle_time_ms, since(0));
    v.field(&DescribeConfigsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
