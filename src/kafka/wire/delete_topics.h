// DeleteTopics (20), versions 0-6: removes topics.
//
// 1: throttle time. 4: flexible. 5: error message (KIP-599). 6: by name or topic id (KIP-516): topics replaces
// topic_names.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DeleteTopicsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteTopics;
  static constexpr VersionRange kVersions{0, 6};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct Topic {
    std::optional<std::string_view> name;
    Uuid topic_id;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(6).nullable_since(6));
      v.field(&Topic::topic_id, since(6));
    }
  };

  std::vector<Topic> topics;
  std::vector<std::string_view> topic_names;
  std::int32_t timeout_ms = 0;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteTopicsRequest::topics, since(6));
    v.field(&DeleteTopicsRequest::topic_names, between(0, 5));
    v.field(&DeleteTopicsRequest::timeout_ms, since(0));
  }
};

struct DeleteTopicsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDeleteTopics;
  static constexpr VersionRange kVersions{0, 6};
  static constexpr ApiVersion kFlexibleFrom = 4;

  struct TopicResponse {
    std::optional<std::string_view> name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicResponse::name, since(0).nullable_since(6));
      v.field(&TopicResponse::topic_id, since(6));
      v.field(&TopicResponse::error_code, since(0));
      v.field(&TopicResponse::error_message, since(5).nullable_since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<TopicResponse> responses;

  template <class V>
  static void describe(V& v) {
    v.field(&DeleteTopicsResponse::throttle_time_ms, since(1));
    v.field(&DeleteTopicsResponse::responses, since(0));
  }
};

}  // namespace antiphon::kafka::wire
