// SaslHandshake (17), versions 0-1: picks a SASL mechanism. Never flexible.
//
// 0: SASL tokens follow without Kafka's frame; 1: they come in SaslAuthenticate (KIP-152).
#pragma once

#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct SaslHandshakeRequest {
  static constexpr ApiKey kApiKey = ApiKey::kSaslHandshake;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  std::string_view mechanism;

  template <class V>
  static void describe(V& v) {
    v.field(&SaslHandshakeRequest::mechanism, since(0));
  }
};

struct SaslHandshakeResponse {
  static constexpr ApiKey kApiKey = ApiKey::kSaslHandshake;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = kNever;

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string_view> mechanisms;

  template <class V>
  static void describe(V& v) {
    v.field(&SaslHandshakeResponse::error_code, since(0));
    v.field(&SaslHandshakeResponse::mechanisms, since(0));
  }
};

}  // namespace antiphon::kafka::wire
