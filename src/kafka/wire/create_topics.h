// CreateTopics (19), versions 0-7: makes topics.
//
// 1: validate_only. 2: throttle time. 4: -1 for partitions and replicas means the broker's default (KIP-464). 5:
// flexible, the response tells the topic's settings (KIP-525). 7: topic id (KIP-516).
// From 5 on the response's configs is never null and config_source never -1: Kafka's Java tool fails on either.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct CreateTopicsRequest {
  static constexpr ApiKey kApiKey = ApiKey::kCreateTopics;
  static constexpr VersionRange kVersions{0, 7};
  static constexpr ApiVersion kFlexibleFrom = 5;

  struct Assignment {
    PartitionId partition_index;
    std::vector<std::int32_t> broker_ids;

    template <class V>
    static void describe(V& v) {
      v.field(&Assignment::partition_index, since(0));
      v.field(&Assignment::broker_ids, since(0));
    }
  };

  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;

    template <class V>
    static void describe(V& v) {
      v.field(&Config::name, since(0));
      v.field(&Config::value, since(0).nullable_since(0));
    }
  };

  struct Topic {
    std::string_view name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<Assignment> assignments;
    std::vector<Config> configs;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::num_partitions, since(0));
      v.field(&Topic::replication_factor, since(0));
      v.field(&Topic::assignments, since(0));
      v.field(&Topic::configs, since(0));
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;

  template <class V>
  static void describe(V& v) {
    v.field(&CreateTopicsRequest::topics, since(0));
    v.field(&CreateTopicsRequest::timeout_ms, since(0));
    v.field(&CreateTopicsRequest::validate_only, since(1));
  }
};

struct CreateTopicsResponse {
  static constexpr ApiKey kApiKey = ApiKey::kCreateTopics;
  static constexpr VersionRange kVersions{0, 7};
  static constexpr ApiVersion kFlexibleFrom = 5;

  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;

    template <class V>
    static void describe(V& v) {
      v.field(&Config::name, since(5));
      v.field(&Config::value, since(5).nullable_since(5));
      v.field(&Config::read_only, since(5));
      v.field(&Config::config_source, since(5));
      v.field(&Config::is_sensitive, since(5));
    }
  };

  struct Topic {
    std::string_view name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    ErrorCode topic_config_error_code = ErrorCode::kNone;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;

    template <class V>
    static void describe(V& v) {
      v.field(&Topic::name, since(0));
      v.field(&Topic::topic_id, since(7));
      v.field(&Topic::error_code, since(0));
      v.field(&Topic::error_message, since(1).nullable_since(0));
      v.field(&Topic::num_partitions, since(5));
      v.field(&Topic::replication_factor, since(5));
      v.field(&Topic::configs, since(5).nullable_since(5));
      v.tagged(0, &Topic::topic_config_error_code, since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  template <class V>
  static void describe(V& v) {
    v.field(&CreateTopicsResponse::throttle_time_ms, since(2));
    v.field(&CreateTopicsResponse::topics, since(0));
  }
};

}  // namespace antiphon::kafka::wire
