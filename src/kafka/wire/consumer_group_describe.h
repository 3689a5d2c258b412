// ConsumerGroupDescribe (69), version 0: groups of the new protocol (KIP-848). Flexible.
//
// A classic group is answered with GROUP_ID_NOT_FOUND; tools then ask DescribeGroups. 1 (member type, KIP-1099) is
// left out: it came after Kafka 3.9.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "kafka/wire/message.h"

namespace antiphon::kafka::wire {

struct ConsumerGroupDescribeRequest {
  static constexpr ApiKey kApiKey = ApiKey::kConsumerGroupDescribe;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  std::vector<std::string_view> group_ids;
  bool include_authorized_operations = false;

  template <class V>
  static void describe(V& v) {
    v.field(&ConsumerGroupDescribeRequest::group_ids, since(0));
    v.field(&ConsumerGroupDescribeRequest::include_authorized_operations, since(0));
  }
};

struct ConsumerGroupDescribeResponse {
  static constexpr ApiKey kApiKey = ApiKey::kConsumerGroupDescribe;
  static constexpr VersionRange kVersions{0, 0};
  static constexpr ApiVersion kFlexibleFrom = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::string_view topic_name;
    std::vector<PartitionId> partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&TopicPartitions::topic_id, since(0));
      v.field(&TopicPartitions::topic_name, since(0));
      v.field(&TopicPartitions::partitions, since(0));
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;

    template <class V>
    static void describe(V& v) {
      v.field(&Assignment::topic_partitions, since(0));
    }
  };

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> instance_id;
    std::optional<std::string_view> rack_id;
    std::int32_t member_epoch = 0;
    std::string_view client_id;
    std::string_view client_host;
    std::vector<std::string_view> subscribed_topic_names;
    std::optional<std::string_view> subscribed_topic_regex;
    Assignment assignment;
    Assignment target_assignment;

    template <class V>
    static void describe(V& v) {
      v.field(&Member::member_id, since(0));
      v.field(&Member::instance_id, since(0).nullable_since(0));
      v.field(&Member::rack_id, since(0).nullable_since(0));
      v.field(&Member::member_epoch, since(0));
      v.field(&Member::client_id, since(0));
      v.field(&Member::client_host, since(0));
      v.field(&Member::subscribed_topic_names, since(0));
      v.field(&Member::subscribed_topic_regex, since(0).nullable_since(0));
      v.field(&Member::assignment, since(0));
      v.field(&Member::target_assignment, since(0));
    }
  };

  struct Group {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string_view> error_message;
    std::string_view group_id;
    std::string_view group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string_view assignor_name;
    std::vector<Member> members;
    std::int32_t authorized_operations = kAuthorizedOperationsUnknown;

    template <class V>
    static void describe(V& v) {
      v.field(&Group::error_code, since(0));
      v.field(&Group::error_message, since(0).nullable_since(0));
      v.field(&Group::group_id, since(0));
      v.field(&Group::group_state, since(0));
      v.field(&Group::group_epoch, since(0));
      v.field(&Group::assignment_epoch, since(0));
      v.field(&Group::assignor_name, since(0));
      v.field(&Group::members, since(0));
      v.field(&Group::authorized_operations, since(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  template <class V>
  static void describe(V& v) {
    v.field(&ConsumerGroupDescribeResponse::throttle_time_ms, since(0));
    v.field(&ConsumerGroupDescribeResponse::groups, since(0));
  }
};

}  // namespace antiphon::kafka::wire
