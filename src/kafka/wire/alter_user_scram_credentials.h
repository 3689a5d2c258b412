// AlterUserScramCredentials (51), version 0: gives and takes what users log in with (KIP-554). Flexible.
//
// The client salts: no password comes, but its salted form can be guessed at, so it belongs on TLS.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct AlterUserScramCredentialsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kAlterUserScramCredentials;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct Deletion {
    std::string_view name;
    std::int8_t mechanism = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Deletion::name, since(0));
      v.field(&Deletion::mechanism, since(0));
    }
  };

  struct Upsertion {
    std::string_view name;
    std::int8_t mechanism = 0;  // 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
    std::int32_t iterations = 0;
    ByteView salt;
    ByteView salted_password;

    template <class V>
    static void describe(V& v) {
      v.field(&Upsertion::name, since(0));
      v.field(&Upsertion::mechanism, since(0));
      v.field(&Upsertion::iterations, since(0));
      v.field(&Upsertion::salt, since(0));
      v.field(&Upsertion::salted_password, since(0));
    }
  };

  std::vector<Deletion> deletions;
  std::vector<Upsertion> upsertions;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterUserScramCredentialsRequest::deletions, since(0));
    v.field(&AlterUserScramCredentialsRequest::upsertions, since(0));
  }
};

struct AlterUserScramCredentialsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kAlterUserScramCredentials;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct User {
    std::string_view user;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&User::user, since(0));
      v.field(&User::error_code, since(0));
      v.field(&User::error_message, since(0).nullable_since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<User> results;

  template <class V>
  static void describe(V& v) {
    v.field(&AlterUserScramCredentialsResponse::throttle_time_ms, since(0));
    v.field(&AlterUserScramCredentialsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
