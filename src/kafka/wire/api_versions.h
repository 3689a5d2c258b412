// ApiVersions (18), versions 0-4: which APIs and versions a broker speaks; the first request of every client.
//
// 1: throttle time. 3: flexible (KIP-482), name and version of the client (KIP-511), features as tagged fields
// (KIP-584). 4: a supported feature may begin at version 0 (KIP-1022).
// The response has header v0 in every version (frame.h). A version above the range is answered with a v0 body:
// UNSUPPORTED_VERSION and the one row of API 18 (KIP-511).
#pragma once

#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ApiVersionsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kApiVersions;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::string_view client_software_name;
  std::string_view client_software_version;

  template <class V>
  static void describe(V& v) {
    v.field(&ApiVersionsRequest::client_software_name, since(3));
    v.field(&ApiVersionsRequest::client_software_version, since(3));
  }
};

struct ApiVersionsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kApiVersions;
  static constexpr VersionRange kVersions{0, 4};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct Api {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Api::api_key, since(0));
      v.field(&Api::min_version, since(0));
      v.field(&Api::max_version, since(0));
    }
  };

  struct SupportedFeature {
    std::string_view name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&SupportedFeature::name, since(3));
      v.field(&SupportedFeature::min_version, since(3));
      v.field(&SupportedFeature::max_version, since(3));
    }
  };

  struct FinalizedFeature {
    std::string_view name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&FinalizedFeature::name, since(3));
      v.field(&FinalizedFeature::max_version_level, since(3));
      v.field(&FinalizedFeature::min_version_level, since(3));
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Api> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;

  template <class V>
  static void describe(V& v) {
    v.field(&ApiVersionsResponse::error_code, since(0));
    v.field(&ApiVersionsResponse::api_keys, since(0));
    v.field(&ApiVersionsResponse::throttle_time_ms, since(1));
    v.tagged(0, &ApiVersionsResponse::supported_features, since(3));
    v.tagged(1, &ApiVersionsResponse::finalized_features_epoch, since(3));
    v.tagged(2, &ApiVersionsResponse::finalized_features, since(3));
    v.tagged(3, &ApiVersionsResponse::zk_migration_ready, since(3));
  }
};

}  // namespace antiphon::kafka::wire
