// CreatePartitions (37), versions 0-3: raises the number of partitions (KIP-195).
//
// 2: flexible. 3: no new field (KIP-599).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct CreatePartitionsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kCreatePartitions;
  static constexpr VersionRange kVersions{0, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct Assignment {
    std::vector<std::int32_t> broker_ids;

    template <class V>
    static void describe(V& v) {
      v.field(&Assignment::broker_ids, since(0));
    }
  };

  struct Topic {
    std::string_view name;
    std::int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::count, since(0));
      v.field(&Topic::assignments, since(0).nullable_since(0));
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  template <class V>
  static void describe(V& v) {
    v.field(&CreatePartitionsRequest::topics, since(0));
    v.field(&CreatePartitionsRequest::timeout_ms, since(0));
    v.field(&CreatePartitionsRequest::validate_only, since(0));
  }
};

struct CreatePartitionsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kCreatePartitions;
  static constexpr VersionRange kVersions{0, 3};
  static constexpr ApiVersion kFlexibleFrom = 2;

  struct TopicResult {
    std::string_view name;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicResult::name, since(0));
      v.field(&TopicResult::error_code, since(0));
      v.field(&TopicResult::error_message, since(0).nullable_since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TopicResult> results;

  template <class V>
  static void describe(V& v) {
    v.field(&CreatePartitionsResponse::throttle_time_ms, since(0));
    v.field(&CreatePartitionsResponse::results, since(0));
  }
};

}  // namespace antiphon::kafka::wire
