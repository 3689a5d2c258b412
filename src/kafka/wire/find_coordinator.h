// FindCoordinator (10), versions 0-6: which broker coordinates a group or a transactional id.
//
// 1: key_type 0 group, 1 transaction (2 share group in 6, KIP-932). 3: flexible. 4: many keys at once (KIP-699),
// answered in coordinators. 5: no new field (KIP-890 part 1).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct FindCoordinatorRequest {
  static constexpr ApiKey kApiKey = ApiKey::kFindCoordinator;
  static constexpr VersionRange kVersions{0, 6};
  static constexpr ApiVersion kFlexibleFrom = 3;

  std::string_view key;
  std::int8_t key_type = 0;
  std::vector<std::string_view> coordinator_keys;

  template <class V>
  static void describe(V& v) {
    v.field(&FindCoordinatorRequest::key, between(0, 3));
    v.field(&FindCoordinatorRequest::key_type, since(1));
    v.field(&FindCoordinatorRequest::coordinator_keys, since(4));
  }
};

struct FindCoordinatorResponse {
  static constexpr ApiKey kApiKey = ApiKey::kFindCoordinator;
  static constexpr VersionRange kVersions{0, 6};
  static constexpr ApiVersion kFlexibleFrom = 3;

  struct Coordinator {
    std::string_view key;
    std::int32_t node_id = 0;
    std::string_view host;
    std::int32_t port = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&Coordinator::key, since(4));
      v.field(&Coordinator::node_id, since(4));
      v.field(&Coordinator::host, since(4));
      v.field(&Coordinator::port, since(4));
      v.field(&Coordinator::error_code, since(4));
      v.field(&Coordinator::error_message, since(4).nullable_since(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::int32_t node_id = 0;
  std::string_view host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  template <class V>
  static void describe(V& v) {
    v.field(&FindCoordinatorResponse::throttle_time_ms, since(1));
    v.field(&FindCoordinatorResponse::error_code, between(0, 3));
    v.field(&FindCoordinatorResponse::error_message, between(1, 3).nullable_since(1));
    v.field(&FindCoordinatorResponse::node_id, between(0, 3));
    v.field(&FindCoordinatorResponse::host, between(0, 3));
    v.field(&FindCoordinatorResponse::port, between(0, 3));
    v.field(&FindCoordinatorResponse::coordinators, since(4));
  }
};

}  // namespace antiphon::kafka::wire
