// DescribeUserScramCredentials (50), version 0: which users can log in, and with what (KIP-554). Flexible.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeUserScramCredentialsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeUserScramCredentials;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct User {
    std::string_view name;

    template <class V>
    static void describe(V& v) {
      v.field(&User::name, since(0));
    }
  };

  std::optional<std::vector<User>> users;  // null or empty: all of them

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeUserScramCredentialsRequest::users, since(0).nullable_since(0));
  }
};

struct DescribeUserScramCredentialsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeUserScramCredentials;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Credential {
    std::int8_t mechanism = 0;  // 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
    std::int32_t iterations = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Credential::mechanism, since(0));
      v.field(&Credential::iterations, since(0));
    }
  };

  struct User {
    std::string_view user;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::vector<Credential> credential_infos;

    template <class V>
    static void describe(V& v) {
      v.field(&User::user, since(0));
      v.field(&User::error_code, since(0));
      v.field(&User::error_message, since(0).nullable_since(0));
      v.field(&User::credential_infos, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::vector<User> results;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeUserScramCredentialsResponse::throttle_time_ms, since(0));
    v.field(&DescribeUserScramCredentialsResponse::error_code, since(0));
    v.field(&DescribeUserScramCredentialsResponse::error_message, since(0).nullable_since(0));
    v.field(&DescribeUserScramCredentialsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
