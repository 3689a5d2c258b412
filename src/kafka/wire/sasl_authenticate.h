// SaslAuthenticate (36), versions 0-2: one step of a SASL exchange (KIP-152).
//
// 1: session lifetime (KIP-368). 2: flexible.
#pragma once

#include <optional>
#include <string_view>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct SaslAuthenticateRequest {
  static constexpr ApiKey kApiKey = ApiKey::kSaslAuthenticate;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  ByteView auth_bytes;

  template <class V>
  static void describe(V& v) {
    v.field(&SaslAuthenticateRequest::auth_bytes, since(0));
  }
};

struct SaslAuthenticateResponse {
  static constexpr ApiKey kApiKey = ApiKey::kSaslAuthenticate;
  static constexpr VersionRange kVersions{0, 2};
  static constexpr ApiVersion kFlexibleFrom = 2;

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  ByteView auth_bytes;
  std::int64_t session_lifetime_ms = 0;

  template <class V>
  static void describe(V& v) {
    v.field(&SaslAuthenticateResponse::error_code, since(0));
    v.field(&SaslAuthenticateResponse::error_message, since(0).nullable_since(0));
    v.field(&SaslAuthenticateResponse::auth_bytes, since(0));
    v.field(&SaslAuthenticateResponse::session_lifetime_ms, since(1));
  }
};

}  // namespace antiphon::kafka::wire
