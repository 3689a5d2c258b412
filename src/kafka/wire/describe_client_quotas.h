// DescribeClientQuotas (48), versions 0-1: the quotas of users, client ids and addresses (KIP-546). 1: flexible.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct DescribeClientQuotasRequest {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeClientQuotas;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  struct Component {
    std::string_view entity_type;
    std::int8_t match_type = 0;
    std::optional<std::string_view> match;

    template <class V>
    static void describe(V& v) {
      v.field(&Component::entity_type, since(0));
      v.field(&Component::match_type, since(0));
      v.field(&Component::match, since(0).nullable_since(0));
    }
  };

  std::vector<Component> components;
  bool strict = false;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeClientQuotasRequest::components, since(0));
    v.field(&DescribeClientQuotasRequest::strict, since(0));
  }
};

struct DescribeClientQuotasResponse {
  static constexpr ApiKey kApiKey = ApiKey::kDescribeClientQuotas;
  static constexpr VersionRange kVersions{0, 1};
  static constexpr ApiVersion kFlexibleFrom = 1;

  struct Entity {
    std::string_view entity_type;
    std::optional<std::string_view> entity_name;

    template <class V>
    static void describe(V& v) {
      v.field(&Entity::entity_type, since(0));
      v.field(&Entity::entity_name, since(0).nullable_since(0));
    }
  };

  struct Value {
    std::string_view key;
    double value = 0;

    template <class V>
    static void describe(V& v) {
      v.field(&Value::key, since(0));
      v.field(&Value::value, since(0));
    }
  };

  struct Entry {
    std::vector<Entity> entity;
    std::vector<Value> values;

    template <class V>
    static void describe(V& v) {
      v.field(&Entry::entity, since(0));
      v.field(&Entry::values, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string_view> error_message;
  std::optional<std::vector<Entry>> entries;

  template <class V>
  static void describe(V& v) {
    v.field(&DescribeClientQuotasResponse::throttle_time_ms, since(0));
    v.field(&DescribeClientQuotasResponse::error_code, since(0));
    v.field(&DescribeClientQuotasResponse::error_message, since(0).nullable_since(0));
    v.field(&DescribeClientQuotasResponse::entries, since(0).nullable_since(0));
  }
};

}  // namespace antiphon::kafka::wire
